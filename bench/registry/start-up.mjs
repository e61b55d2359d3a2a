import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/support/running-registry.ts';
import { databaseUrlOf } from '../installation-database.mjs';
import { commandOf } from '../support/product-process.mjs';
import { memoryOf } from './processes.mjs';
import { median } from './summary.mjs';

const idleMs = 2_000;
const longestMs = 30_000;

/** One more api process on a running installation, with the options of the one it has: milliseconds until it answers, and its memory at rest. */
export async function measureStartUp(entrepot, { rounds, patience }) {
  const measured = [];
  await patience.untilQuiet();
  for (let round = 0; round < rounds; round += 1) measured.push(await startOnce(entrepot));
  const middle = (figure) => median(measured.map((one) => one[figure]));
  return { milliseconds: middle('milliseconds'), idleMemory: middle('idleMemory'), measured };
}

async function startOnce(entrepot) {
  const { dataDir, storage } = entrepot;
  const port = await freePort();
  const database = { DATABASE_URL: databaseUrlOf(dataDir), STORAGE_ROOT: storage.folder };
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    LOG_LEVEL: 'warn',
    ...storage.environment,
    ...database,
    NODE_COMPILE_CACHE: '.cache/compile',
  };
  const [program, ...args] = commandOf(entrepot.servingProcesses()[0]);
  const begun = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    while (!(await answersHttp(port))) {
      if (child.exitCode !== null || performance.now() - begun > longestMs) throw new Error('the api process did not start');
      await pause(2);
    }
    const milliseconds = performance.now() - begun;
    await pause(idleMs);
    return { milliseconds, idleMemory: memoryOf(child.pid).now };
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
}

function answersHttp(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /v2/ HTTP/1.0\r\n\r\n'));
    socket.once('data', (bytes) => resolve(bytes.toString('latin1').startsWith('HTTP/1.1 200')));
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
    socket.once('data', () => socket.destroy());
  });
}
