// Makes the programs that tests drive available (the real clients of test/e2e, Redis, an object store), and says where they are in .cache/clients.json.
// `node tools/test-setup.mjs`: what is missing is installed where that is possible (Debian, as root), else named. With CI=true a missing one is an error.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { cache } from './setup-paths.mjs';
import { canInstall, findCommand, installPackages, unpackFromDebian13 } from './test-setup-debian.mjs';
import { unpackHelm } from './test-setup-helm.mjs';

export const clientsFile = path.join(cache, 'clients.json');

/** Command, the Debian package that has it, and how it tells its version. */
const packaged = [
  { command: 'skopeo', package: 'skopeo', version: ['--version'] },
  { command: 'buildah', package: 'buildah', version: ['--version'] },
  { command: 'podman', package: 'podman', version: ['--version'] },
  { command: 'crun', package: 'crun', version: ['--version'] },
  { command: 'umoci', package: 'umoci', version: ['--version'] },
  { command: 'dockerd', package: 'docker.io', version: ['--version'] },
  { command: 'docker', package: 'docker.io', version: ['--version'] },
  { command: 'nginx', package: 'nginx-light', version: ['-v'] },
  { command: 'pgbouncer', package: 'pgbouncer', version: ['--version'] },
  { command: 'redis-server', package: 'redis-server', version: ['--version'] },
  { command: 'ceph', package: 'ceph-common', version: ['--version'] },
  { command: 'ceph-mon', package: 'ceph-mon', version: ['--version'] },
  { command: 'ceph-osd', package: 'ceph-osd', version: ['--version'] },
  { command: 'radosgw', package: 'radosgw', version: ['--version'] },
  { command: 'gpg', package: 'gnupg', version: ['--version'] },
  { command: 'unzip', package: 'unzip', version: ['-v'] },
];
/** What no Debian 12 package has: each unpacker answers its program and version. */
const unpacked = [
  { command: 'cosign', unpack: () => unpackFromDebian13('cosign', path.join(cache, 'debian13')) },
  { command: 'oras', unpack: () => unpackFromDebian13('oras', path.join(cache, 'debian13')) },
  { command: 'helm', unpack: () => unpackHelm(path.join(cache, 'helm')) },
];

/** Answers the clients found and the problems met, after installing what can be. */
export function setUpClients() {
  const problems = [];
  const attempt = (what, work) => {
    try {
      return work();
    } catch (error) {
      problems.push(`${what}: ${String(error.stderr || error.message).trim()}`);
      return null;
    }
  };
  const absent = packaged.filter(({ command }) => !findCommand(command));
  if (absent.length > 0 && canInstall()) {
    attempt('apt-get', () => installPackages([...new Set(absent.map((client) => client.package))]));
  }
  const clients = {};
  for (const { command, version } of packaged) {
    const file = findCommand(command);
    clients[command] = file && attempt(command, () => ({ path: file, version: versionOf(file, version) }));
  }
  for (const { command, unpack } of unpacked) clients[command] = attempt(command, unpack);
  return { clients, missing: Object.keys(clients).filter((command) => !clients[command]), problems };
}

function versionOf(file, args) {
  const text = execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const line = text.split('\n').find((line) => /version|release|^unzip/i.test(line)) ?? text;
  return /\d+\.\d+[^\s",]*/.exec(line)?.[0] ?? 'unknown';
}

/** The set-up as a step: writes the list, prints it, and answers whether the run may go on. */
export function runSetUp({ strict = process.env.CI === 'true' } = {}) {
  const { clients, missing, problems } = setUpClients();
  mkdirSync(cache, { recursive: true });
  writeFileSync(clientsFile, `${JSON.stringify(clients, null, 2)}\n`);
  const found = Object.entries(clients).filter(([, client]) => client);
  console.log(`clients: ${found.map(([command, { version }]) => `${command} ${version}`).join(', ')}`);
  for (const problem of problems) console.error(problem);
  if (missing.length > 0) console.error(`missing: ${missing.join(', ')}${strict ? '' : ' (the specs that need them are skipped)'}`);
  return !(strict && missing.length > 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = runSetUp() ? 0 : 1;
