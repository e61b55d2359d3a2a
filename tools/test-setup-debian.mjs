// Clients out of Debian packages: installed into the system (root only), or unpacked from Debian 13 into a folder beside an older system.
import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const policyFile = '/usr/sbin/policy-rc.d';

/** The file a command runs, or null. */
export function findCommand(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter(Boolean);
  return folders.map((folder) => path.join(folder, command)).find(isExecutable) ?? null;
}

/** True where packages can be installed: Debian (or its kin), as root. */
export function canInstall() {
  return process.getuid?.() === 0 && findCommand('apt-get') !== null;
}

/** Installs packages; no daemon of theirs is started, so that nothing is left running. */
export function installPackages(packages) {
  const guarded = !existsSync(policyFile);
  if (guarded) {
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n');
    chmodSync(policyFile, 0o755);
  }
  try {
    apt(['update']);
    apt(['install', '--yes', '--no-install-recommends', ...packages]);
  } finally {
    if (guarded) rmSync(policyFile, { force: true });
  }
}

/** Unpacks one package of Debian 13 below `folder` and answers its program and version; the system and its apt configuration stay untouched. */
export function unpackFromDebian13(name, folder) {
  const program = path.join(folder, name, 'usr/bin', name);
  const versionFile = path.join(folder, name, 'version');
  if (existsSync(versionFile)) return { path: program, version: readFileSync(versionFile, 'utf8') };
  if (!findCommand('apt-get')) throw new Error('unpacking it takes the apt-get of a Debian system');
  for (const part of ['lists/partial', 'archives/partial', 'debs']) mkdirSync(path.join(folder, part), { recursive: true });
  writeFileSync(
    path.join(folder, 'sources.list'),
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror()} trixie main\n`,
  );
  const options = {
    'Dir::Etc::sourcelist': path.join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': path.join(folder, 'lists'),
    'Dir::Cache': folder,
    'APT::Sandbox::User': 'root',
  };
  const settings = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const debs = path.join(folder, 'debs');
  if (!readdirSync(path.join(folder, 'lists')).some((file) => file.endsWith('Packages'))) apt([...settings, 'update']);
  apt([...settings, 'download', name], debs);
  const deb = readdirSync(debs).find((file) => file.startsWith(`${name}_`));
  if (!deb) throw new Error('apt-get download left no file');
  execFileSync('dpkg', ['-x', path.join(debs, deb), path.join(folder, name)], { stdio: 'pipe' });
  rmSync(path.join(debs, deb));
  // Last, so that an unpacking cut short is done again.
  writeFileSync(versionFile, deb.split('_')[1]);
  return { path: program, version: deb.split('_')[1] };
}

/** The Debian mirror that this machine's own apt already uses. */
function mirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...(existsSync(folder) ? readdirSync(folder).map((file) => path.join(folder, file)) : [])];
  for (const file of files.filter((file) => existsSync(file))) {
    const found = /https?:\/\/[^\s]+\/debian\/?(?=\s)/.exec(readFileSync(file, 'utf8'));
    if (found) return found[0];
  }
  throw new Error('no Debian mirror in the apt sources');
}

function apt(args, cwd = '/') {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
