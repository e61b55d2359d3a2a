// `npm run test:kill -- --rounds 50 [--seed 1]`: kill -9 of every process in turn at random moments of a push loop.
import { parseArgs } from 'node:util';
import { runSpec } from './run-spec.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string' } } });
await runSpec('faults', 'kill.spec', { KILL_ROUNDS: values.rounds, KILL_SEED: values.seed });
