// `npm run torture -- --minutes 10 [--storage s3|filesystem] [--seed 1]`: three replicas, two workers, Redis, PostgreSQL and storage, killed at
// random again and again, and a journal of every acknowledgement that is checked on every replica.
import { parseArgs } from 'node:util';
import { runSpec } from './run-spec.mjs';

const options = { minutes: { type: 'string', default: '10' }, storage: { type: 'string', default: 's3' }, seed: { type: 'string' } };
const { values } = parseArgs({ options });
await runSpec('faults', 'torture.spec', {
  TORTURE_SECONDS: String(Number(values.minutes) * 60),
  TORTURE_STORAGE: values.storage,
  TORTURE_SEED: values.seed,
});
