import { spawnSync } from 'node:child_process';
import { root } from './setup-paths.mjs';
import { node, setUp } from './setup.mjs';

/** Runs one spec of a suite by itself, after the set-up, with settings of its own in the environment; its exit code becomes ours. */
export async function runSpec(suite, spec, settings) {
  const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', suite, '--verbose', '--testPathPatterns', spec];
  await setUp((text) => console.log(text));
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const { status } = spawnSync(node, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...jest], {
    cwd: root,
    env: { ...process.env, ...given },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
