#!/usr/bin/env node
// npx entrepot: the command line, on the Node that comes with the project. What is built is run as it is: bringing a build up to date is for
// npm start, since an instance may be running from it. Old versions of Node have to understand this file far enough to be told so.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`entrepot: Node 20 or newer is needed, this is ${process.versions.node}`);
  process.exit(1);
}

const { cache, root } = await import('./setup-paths.mjs');
const node = join(root, 'node_modules/.bin/node');
const script = join(root, 'dist/apps/cli/src/main.js');

if (!existsSync(node) || !existsSync(script)) {
  const say = (text) => console.error(`entrepot: ${text}`);
  say('this checkout is not built yet; that comes first');
  const { setUp } = await import('./setup.mjs');
  try {
    await setUp(say);
  } catch (error) {
    say(error.message);
    process.exit(1);
  }
}

const env = { NODE_COMPILE_CACHE: join(cache, 'compile'), ...process.env };
const child = spawn(node, ['--enable-source-maps', script, ...process.argv.slice(2)], { stdio: 'inherit', env });
// A terminal sends Ctrl-C to the child as well, which decides what it means; what is sent to this process alone is passed on.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
