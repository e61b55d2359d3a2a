import { VirtualClock } from '../testing/virtual-clock.js';
import { Pace } from './pace.js';

describe('Pace', () => {
  const { signal } = new AbortController();

  it('pauses for as long as the work should have taken', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(200, clock);
    for (const units of [100, 1, 19]) await pace.spend(units, signal);
    expect(clock.pauses).toEqual([500, 5, 95]);
  });

  it('counts what the work took by itself, and pauses not at all where that was longer', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(10, clock);
    clock.pass(30);
    await pace.spend(1, signal);
    clock.pass(250);
    await pace.spend(1, signal);
    expect(clock.pauses).toEqual([70]);
  });

  it('does not make up for what was not used', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(10, clock);
    clock.pass(60_000);
    await pace.spend(1, signal);
    await pace.spend(1, signal);
    expect(clock.pauses).toEqual([100]);
  });

  it('gathers pauses too short for a timer', async () => {
    const clock = new VirtualClock();
    const pace = new Pace(4_000, clock);
    for (let unit = 0; unit < 8; unit += 1) await pace.spend(1, signal);
    expect(clock.pauses).toEqual([1, 1]);
  });

  it('never pauses without a limit', async () => {
    const clock = new VirtualClock();
    await new Pace(Infinity, clock).spend(1e9, signal);
    expect(clock.pauses).toEqual([]);
  });

  it('breaks off with the reason of the signal, also in a pause', async () => {
    const stop = new AbortController();
    const spent = new Pace(0.001).spend(1, stop.signal);
    const reason = new Error('the worker stops');
    stop.abort(reason);
    await expect(spent).rejects.toMatchObject({ name: 'AbortError', cause: reason });
    await expect(new Pace(Infinity).spend(1, stop.signal)).rejects.toBe(reason);
  });
});
