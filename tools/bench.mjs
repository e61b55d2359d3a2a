// `npm run bench [-- --quick --only NAME --storage s3 --rounds N --out DIR]`: Entrepot beside its peers, row by row (docs/performance.md).
import { spawn } from 'node:child_process';
import { root } from './setup-paths.mjs';
import { node, setUp } from './setup.mjs';
import { canInstall, findCommand, installPackages } from './test-setup-debian.mjs';

const args = process.argv.slice(2);
const ceph = { 'ceph-mon': 'ceph-mon', 'ceph-osd': 'ceph-osd', ceph: 'ceph-common', radosgw: 'radosgw' };
const packages = { 'docker-registry': 'docker-registry', nginx: 'nginx-light', ...(args.some((arg) => arg.endsWith('s3')) && ceph) };
const missing = () => Object.keys(packages).filter((command) => !findCommand(command));

await setUp((text) => console.error(text));
if (missing().length > 0 && canInstall()) installPackages(missing().map((command) => packages[command]));
if (missing().length > 0) {
  console.error(`a row without its rival is no result; missing: ${missing().join(', ')}`);
  process.exit(1);
}
const program = ['--disable-warning=ExperimentalWarning', '--import', './test/support/from-source.mjs', 'bench/registry/main.mjs'];
const child = spawn(node, [...program, ...args], { cwd: root, stdio: 'inherit' });
// A terminal sends these to both; it stops its servers by itself, and we end after it.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => (process.exitCode = code ?? 1));
