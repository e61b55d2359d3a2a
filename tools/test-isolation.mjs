// A run has one temporary folder and one mark in its environment, so that what it leaves behind can be told from everybody else's.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const mark = 'ENTREPOT_TEST_RUN';

/** The environment for all steps, and `end`, which answers what is left (processes, files) and removes the files. */
export function isolatedRun() {
  const id = randomBytes(4).toString('hex');
  const folder = path.join(realpathSync(tmpdir()), `entrepot-${id}`);
  mkdirSync(folder);
  // The embedded PostgreSQL of a run by root is another user's.
  chmodSync(folder, 0o755);
  return {
    // Without the compile cache that some tools keep in the temporary folder.
    env: { ...process.env, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: '1', [mark]: id },
    end: () => {
      const left = [...processesOf(id, folder), ...readdirSync(folder).map((file) => path.join(folder, file))];
      try {
        rmSync(folder, { recursive: true, force: true });
      } catch (error) {
        left.push(`${folder}: ${error.message}`);
      }
      return left;
    },
  };
}

/** By their environment, or (PostgreSQL overwrites its own) by the folder they stand in; where there is no /proc, none. */
function processesOf(id, folder) {
  const pids = listFolder('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => isMarked(pid, id) || standsIn(pid, folder)).map((pid) => `process ${pid} ${commandOf(pid)}`);
}

function isMarked(pid, id) {
  return orEmpty(() => readFileSync(`/proc/${pid}/environ`, 'latin1')).includes(`${mark}=${id}`);
}

function standsIn(pid, folder) {
  return orEmpty(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(folder);
}

function commandOf(pid) {
  return orEmpty(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1'))
    .replaceAll('\0', ' ')
    .trim();
}

function listFolder(folder) {
  return orEmpty(() => readdirSync(folder)) || [];
}

/** A process may end, or be somebody else's, while one looks. */
function orEmpty(read) {
  try {
    return read();
  } catch {
    return '';
  }
}
