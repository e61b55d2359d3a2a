import { once, EventEmitter } from 'node:events';
import { Outage } from './outage.js';

describe('Outage', () => {
  it('is told once when it begins and once when it is over', async () => {
    const told: string[] = [];
    const events = new EventEmitter();
    let answers = false;
    const outage = new Outage({
      name: 'Redis',
      everyMs: 1,
      probe: async () => {
        events.emit('probed');
        if (!answers) throw new Error('still gone');
      },
      report: {
        began: (name, error) => told.push(`${name} began: ${(error as Error).message}`),
        ended: (name) => {
          told.push(`${name} ended`);
          events.emit('ended');
        },
      },
    });
    outage.failed(new Error('connection refused'));
    outage.failed(new Error('connection refused'));
    await once(events, 'probed');
    await once(events, 'probed');
    expect(outage.ongoing).toBe(true);
    const ended = once(events, 'ended');
    answers = true;
    await ended;
    expect(outage.ongoing).toBe(false);
    expect(told).toEqual(['Redis began: connection refused', 'Redis ended']);
    outage.close();
  });
});
