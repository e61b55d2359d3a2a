// `npm run race -- --minutes 15 --grace 0 [--seed 1]`: collection against pushes, mounts, re-pushes, tag moves, deletions and pulls.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { root } from './setup-paths.mjs';
import { node, setUp } from './setup.mjs';

const options = { minutes: { type: 'string', default: '15' }, grace: { type: 'string', default: '0' }, seed: { type: 'string' } };
const { values } = parseArgs({ options });
const race = {
  RACE_SECONDS: String(Number(values.minutes) * 60),
  RACE_GRACE: values.grace,
  ...(values.seed && { RACE_SEED: values.seed }),
};
const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'faults', '--verbose', '--testPathPatterns', 'collection-race.spec'];
await setUp((text) => console.log(text));
process.exitCode =
  spawnSync(node, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...jest], {
    cwd: root,
    env: { ...process.env, ...race },
    stdio: 'inherit',
  }).status ?? 1;
