// A real S3 store out of Debian packages (radosgw ceph-mon ceph-osd ceph-common), in a folder of its own, on ports that the system gives.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../running-registry.ts';
import { cephConfig, cephKeyring } from './ceph-config.mjs';

const run = promisify(execFile);
const patienceMs = 90_000;

/** The access that every bucket of a test store has. */
export const credentials = { accessKeyId: 'TESTKEY', secretAccessKey: 'TESTSECRET' };

/**
 * Starts a store below an existing, empty folder and answers once it serves: its endpoint, and `stop`, after which no process of it is left.
 * `store`: where bytes lie, in memory (default) or with `{ kind: 'bluestore', bytes }` in a file of that size.
 */
export async function startCeph({ folder, store }) {
  const [gateway, monitor, oldMonitor] = await Promise.all([freePort(), freePort(), freePort()]);
  const config = path.join(folder, 'ceph.conf');
  for (const name of ['mon', 'osd', 'rgw', 'run']) mkdirSync(path.join(folder, name));
  const fsid = randomUUID();
  writeFileSync(config, cephConfig({ folder, fsid, ports: { gateway, monitor, oldMonitor }, store }));
  const keyring = path.join(folder, 'keyring');
  writeFileSync(keyring, cephKeyring(), { mode: 0o600 });
  const daemons = [];
  const daemon = (program, args) => daemons.push(startDaemon(program, ['-c', config, '-f', ...args]));
  const stop = () => stopAll(daemons);
  try {
    const monitors = ['--addv', 'a', `[v2:127.0.0.1:${monitor},v1:127.0.0.1:${oldMonitor}]`];
    await run('monmaptool', ['--create', '--fsid', fsid, ...monitors, path.join(folder, 'monmap')]);
    await run('ceph-mon', ['-c', config, '--mkfs', '-i', 'a', '--monmap', path.join(folder, 'monmap'), '--keyring', keyring]);
    daemon('ceph-mon', ['-i', 'a']);
    const osd = randomUUID();
    await run('ceph', ['-c', config, 'osd', 'new', osd], { timeout: patienceMs });
    await run('ceph-osd', ['-c', config, '-i', '0', '--mkfs', '--osd-uuid', osd]);
    daemon('ceph-osd', ['-i', '0']);
    daemon('radosgw', ['-n', 'client.rgw.a', '--keyring', keyring, '--rgw-zone=default']);
    const endpoint = `http://127.0.0.1:${gateway}`;
    await untilItAnswers(endpoint, daemons);
    const user = [
      '--uid=test',
      '--display-name=test',
      `--access-key=${credentials.accessKeyId}`,
      `--secret-key=${credentials.secretAccessKey}`,
    ];
    await run('radosgw-admin', ['-c', config, 'user', 'create', ...user], { timeout: patienceMs });
    return { endpoint, stop };
  } catch (error) {
    await stop();
    throw new Error(`the object store did not start: ${error.message}\n${lastWords(folder)}`, { cause: error });
  }
}

function startDaemon(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const ended = once(child, 'exit').catch(() => undefined);
  return { program, child, ended };
}

/** At once: what they hold goes with their folder. */
async function stopAll(daemons) {
  for (const { child } of daemons) child.kill('SIGKILL');
  await Promise.all(daemons.map(({ ended }) => ended));
}

async function untilItAnswers(endpoint, daemons) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const dead = daemons.find(({ child }) => child.exitCode !== null || child.signalCode !== null);
    if (dead) throw new Error(`${dead.program} ended (${dead.child.exitCode ?? dead.child.signalCode})`);
    if (Date.now() > deadline) throw new Error(`no answer within ${patienceMs / 1000} s`);
    const answered = await fetch(endpoint, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
    if (answered) return void (await answered.arrayBuffer());
    await delay(50);
  }
}

function lastWords(folder) {
  const logs = ['mon.a', 'osd.0', 'client.rgw.a'].map((name) => path.join(folder, `${name}.log`));
  return logs.flatMap((file) => readOrNothing(file).split('\n').slice(-8)).join('\n');
}

function readOrNothing(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
