// `npm run test:kill -- --rounds 50 [--seed 1]`: kill -9 of every process in turn at random moments of a push loop.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './test-step.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string' } } });
const env = { ...process.env, KILL_ROUNDS: values.rounds, ...(values.seed && { KILL_SEED: values.seed }) };
const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'faults', '--verbose', 'kill.spec'];
const node = path.join(root, 'node_modules/.bin/node');
process.exitCode =
  spawnSync(node, ['--experimental-vm-modules', '--no-warnings', ...jest], { cwd: root, env, stdio: 'inherit' }).status ?? 1;
