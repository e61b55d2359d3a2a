// `npm run cluster [-- --replicas 3 --workers 2 --storage s3|filesystem --pooler]`: a local cluster out of installed packages, until Ctrl-C.
import { spawn } from 'node:child_process';
import { root } from './setup-paths.mjs';
import { node, setUp } from './setup.mjs';

await setUp((text) => console.log(text));
const args = ['--disable-warning=ExperimentalWarning', '--import', './test/support/from-source.mjs', 'test/support/cluster/main.ts'];
const child = spawn(node, [...args, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// A terminal sends these to both; the cluster ends by itself, in order, and we after it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => (process.exitCode = code ?? 1));
