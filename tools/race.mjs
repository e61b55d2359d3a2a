// `npm run race -- --minutes 15 --grace 0 [--processes 1] [--seed 1]`: collection against pushes, mounts, re-pushes, tag moves, deletions and pulls.
import { parseArgs } from 'node:util';
import { runSpec } from './run-spec.mjs';

const options = {
  minutes: { type: 'string', default: '15' },
  grace: { type: 'string', default: '0' },
  processes: { type: 'string', default: '2' },
  seed: { type: 'string' },
};
const { values } = parseArgs({ options });
await runSpec('faults', 'collection-race.spec', {
  RACE_SECONDS: String(Number(values.minutes) * 60),
  RACE_GRACE: values.grace,
  RACE_PROCESSES: values.processes,
  RACE_SEED: values.seed,
});
