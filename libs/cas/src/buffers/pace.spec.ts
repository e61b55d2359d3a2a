import { jest } from '@jest/globals';
import { Pace } from './pace.js';

const MiB = 1024 * 1024;

describe('Pace', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('is known by the last whole 8 MiB, and the time in which somebody had them', () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const pace = new Pace();
    const known = () => [pace.fast, pace.slow];
    const take = (bytes: number, milliseconds: number) => {
      // Nobody has anything meanwhile.
      now += 10_000;
      pace.took();
      pace.gave(bytes);
      now += milliseconds;
      pace.took();
    };
    take(7 * MiB, 10);
    expect(known()).toEqual([false, false]);
    take(MiB, 1_990);
    expect(known()).toEqual([true, false]);
    take(7 * MiB, 10_000);
    expect(known()).toEqual([true, false]);
    take(MiB, 0);
    expect(known()).toEqual([false, true]);
    take(8 * MiB, 2_001);
    expect(known()).toEqual([false, true]);
    take(8 * MiB, 2_000);
    expect(known()).toEqual([true, false]);
  });
});
