// npm start: sets the checkout up if need be, then runs the supervisor on the Node that comes with it.
// Old versions of Node have to understand this file far enough to be told that they are too old.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`entrepot: Node 20 or newer is needed, this is ${process.versions.node}`);
  process.exit(1);
}

const say = (text) => console.error(`entrepot: ${text}`);
const { setUp, node } = await import('./setup.mjs');
const { cache, root } = await import('./setup-paths.mjs');

try {
  await setUp(say);
} catch (error) {
  say(error.message);
  process.exit(1);
}

// Compiled code is kept from one start to the next, which saves a fifth of it. Of Node's four threads for files all would soon wait for the disk to
// flush, and who only opens or reads a file for them. The channel tells the supervisor when this process is gone.
const supervisor = spawn(node, ['--enable-source-maps', join(root, 'dist/apps/supervisor/src/main.js')], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { NODE_COMPILE_CACHE: join(cache, 'compile'), UV_THREADPOOL_SIZE: '16', ...process.env },
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => supervisor.kill(signal));
supervisor.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
