// Makes a checkout ready to run: dependencies, generated client, build. What is up to date is left alone; nothing is ever seen half-done.
// Runs on Node ≥ 20 without any dependency, since it is what installs them.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isBuilt } from './setup-build.mjs';
import { installDependencies } from './setup-dependencies.mjs';
import { withLock } from './setup-lock.mjs';
import { SetupError, cache, root } from './setup-paths.mjs';

/** The Node that everything but the set-up runs on. */
export const node = join(root, 'node_modules/.bin/node');

/** Installs, generates and builds what is missing or out of date; throws SetupError with one line for people. */
export async function setUp(say) {
  await withLock(
    join(cache, 'setup.lock'),
    () => say('waiting for another start in this folder'),
    async () => {
      await installDependencies(say);
      await run('tools/prisma-generate.mjs');
      if (!isBuilt()) {
        say('building');
        await run('tools/build.mjs');
      }
    },
  );
}

async function run(script) {
  if (!existsSync(node)) throw new SetupError('node_modules has no Node of its own; remove node_modules and start again');
  const child = spawn(node, [script], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new SetupError(`${script} failed`);
}
