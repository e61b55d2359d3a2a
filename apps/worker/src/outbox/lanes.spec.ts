import { Lanes } from './lanes.js';

/** Steps that the spec lets go one by one. */
function heldSteps() {
  const waiting: ((more: boolean) => void)[] = [];
  let begun = 0;
  let most = 0;
  let running = 0;
  const step = async () => {
    begun += 1;
    most = Math.max(most, ++running);
    const more = await new Promise<boolean>((resolve) => waiting.push(resolve));
    running -= 1;
    return { more };
  };
  return { step, waiting, begun: () => begun, most: () => most };
}
const turn = () => new Promise(setImmediate);

describe('Lanes', () => {
  it('goes on while there is more', async () => {
    let left = 3;
    await new Lanes(async () => ({ more: --left > 0 })).look();
    expect(left).toBe(0);
  });

  it('goes round once more for any number of questions asked while it runs', async () => {
    const { step, waiting, begun, most } = heldSteps();
    const lanes = new Lanes(step);
    const looks = [lanes.look(), lanes.look(), lanes.look()];
    await turn();
    expect(begun()).toBe(1);
    waiting.shift()!(false);
    await turn();
    expect(begun()).toBe(2);
    waiting.shift()!(false);
    await Promise.all(looks);
    expect([begun(), most()]).toEqual([2, 1]);
  });

  it('runs no more lanes than it may', async () => {
    const { step, waiting, most } = heldSteps();
    const lanes = new Lanes(step, 2);
    const look = lanes.look();
    await turn();
    while (waiting.length > 0) {
      waiting.shift()!(false);
      await turn();
    }
    await look;
    expect(most()).toBe(2);
  });

  it('tells everybody who asked what went wrong, and can be asked again', async () => {
    let broken = true;
    const lanes = new Lanes(async () => {
      if (broken) throw new Error('storage is gone');
      return { more: false };
    });
    const results = await Promise.allSettled([lanes.look(), lanes.look()]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    await expect(lanes.look()).resolves.toBeUndefined();
  });

  it('says when there is room: at once where a lane is at rest, else when one comes to rest', async () => {
    const { step, waiting } = heldSteps();
    const lanes = new Lanes(step, 1);
    await lanes.room();
    const look = lanes.look();
    await turn();
    let room = false;
    const told = lanes.room().then(() => (room = true));
    waiting.shift()!(true);
    await turn();
    expect(room).toBe(false);
    waiting.shift()!(false);
    await Promise.all([look, told]);
  });

  it('begins nothing after it was closed, and waits for what runs', async () => {
    const { step, waiting, begun } = heldSteps();
    const lanes = new Lanes(step);
    const look = lanes.look();
    await turn();
    const closed = lanes.close();
    waiting.shift()!(true);
    await Promise.all([look, closed]);
    await lanes.look();
    expect(begun()).toBe(1);
  });
});
