import { absent, Register } from '../../torture/register.js';

describe('what the torture believes of answers', () => {
  let time: number;
  let register: Register;
  beforeEach(() => {
    time = 0;
    register = new Register(() => time);
  });

  const at = (moment: number) => (time = moment);
  function write(value: string, from: number, to: number): void {
    at(from);
    const change = register.begin(value);
    at(to);
    register.acknowledge(change);
  }
  function read(value: string, from: number, to: number): boolean {
    at(to);
    return register.read(value, from);
  }

  it('nothing is there before it was asked for', () => {
    expect(read('a', 1, 2)).toBe(false);
    expect(read(absent, 1, 2)).toBe(true);
  });

  it('what is acknowledged is read from then on, and what it replaced is not', () => {
    write('a', 10, 20);
    expect(read('a', 21, 22)).toBe(true);
    expect(read(absent, 21, 22)).toBe(false);
    write('b', 30, 40);
    expect(read('a', 41, 42)).toBe(false);
    expect(read('b', 41, 42)).toBe(true);
  });

  it('a read beside a write may find either', () => {
    at(10);
    const change = register.begin('a');
    expect(read(absent, 11, 12)).toBe(true);
    expect(read('a', 13, 14)).toBe(true);
    at(15);
    register.acknowledge(change);
    expect(read('a', 16, 17)).toBe(true);
  });

  it('what one reader has seen, a later one cannot miss, acknowledged or not', () => {
    at(10);
    register.begin('a');
    expect(read('a', 11, 12)).toBe(true);
    expect(read(absent, 13, 14)).toBe(false);
  });

  it('readers that overlap with each other do not keep an old value alive', () => {
    write('a', 10, 20);
    write('b', 30, 40);
    expect(read('a', 39, 60)).toBe(true);
    expect(read('a', 50, 70)).toBe(false);
  });

  it('of two writes at once either may be the last, and a read decides it', () => {
    at(10);
    const [one, other] = [register.begin('a'), register.begin('b')];
    at(20);
    register.acknowledge(one);
    register.acknowledge(other);
    at(21);
    expect(register.possible().toSorted()).toEqual(['a', 'b']);
    expect(read('a', 22, 23)).toBe(true);
    expect(read('b', 24, 25)).toBe(false);
  });

  it('what is in doubt may happen late, until it is settled', () => {
    write('a', 10, 20);
    at(30);
    const change = register.begin('b');
    at(40);
    register.doubt(change);
    expect(read('a', 50, 60)).toBe(true);
    expect(read('b', 70, 80)).toBe(true);
    expect(read('a', 90, 95)).toBe(false);
  });

  it('settled, every reader has to find the same', () => {
    write('a', 10, 20);
    at(30);
    register.doubt(register.begin('b'));
    at(40);
    register.settle();
    expect(register.possible().toSorted()).toEqual(['a', 'b']);
    expect(read('a', 50, 60)).toBe(true);
    expect(read('b', 70, 80)).toBe(false);
  });

  it('a doubt that is over cannot undo what was acknowledged after it', () => {
    at(10);
    register.doubt(register.begin('a'), 5);
    write('b', 20, 30);
    expect(read('a', 31, 32)).toBe(false);
    expect(read('b', 31, 32)).toBe(true);
  });

  it('what was refused is never read, and must not have been', () => {
    at(10);
    const unseen = register.begin('a');
    expect(register.refuse(unseen)).toBe(true);
    expect(read('a', 11, 12)).toBe(false);
    const seen = register.begin('b');
    expect(read('b', 13, 14)).toBe(true);
    expect(register.refuse(seen)).toBe(false);
  });

  it('a tag does not point to a manifest that was deleted, whatever else it does', () => {
    write('a', 10, 20);
    at(30);
    const gone = register.begin(absent);
    at(40);
    register.happened(gone);
    register.wasNot('a', 30);
    expect(read('a', 41, 42)).toBe(false);
    expect(read(absent, 41, 42)).toBe(true);
  });

  it('a list that names a thing says no more than that it is there', () => {
    expect(register.readOther(absent, 1)).toBe(false);
    write('a', 10, 20);
    at(22);
    expect(register.readOther(absent, 21)).toBe(true);
  });

  it('forgets nothing that matters over a long time', () => {
    for (let round = 0; round < 300; round += 1) {
      write(round % 2 ? 'a' : 'b', round * 10_000, round * 10_000 + 5_000);
      expect(read(round % 2 ? 'a' : 'b', round * 10_000 + 6_000, round * 10_000 + 7_000)).toBe(true);
      expect(read(round % 2 ? 'b' : 'a', round * 10_000 + 8_000, round * 10_000 + 9_000)).toBe(false);
    }
  });
});
