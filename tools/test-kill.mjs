// `npm run test:kill -- --rounds 50 [--seed 1]`: kill -9 of every process in turn at random moments of a push loop.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { root } from './setup-paths.mjs';
import { node, setUp } from './setup.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string' } } });
const env = { ...process.env, KILL_ROUNDS: values.rounds, ...(values.seed && { KILL_SEED: values.seed }) };
const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'faults', '--verbose', 'kill.spec'];
await setUp((text) => console.log(text));
process.exitCode =
  spawnSync(node, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...jest], { cwd: root, env, stdio: 'inherit' })
    .status ?? 1;
