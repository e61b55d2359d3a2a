// npm run build: compiles apps and libs to dist/, and bundles the api, beside its place and renamed into it, so that nobody ever runs half a build.
import { transformFile } from '@swc/core';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { bundle } from './bundle.mjs';
import { dist, hashOf, sources } from './setup-build.mjs';
import { cache, root } from './setup-paths.mjs';

const beside = join(cache, `build-${process.pid}`);
const made = join(beside, 'dist');
const files = sources();
// Before the files are read: one that changes meanwhile makes the next start build again.
const madeFrom = hashOf(files);

await Promise.all(files.map((file) => (file.endsWith('.ts') ? compile(file) : copy(file))));
await bundle(made, 'api');
writeFileSync(join(made, '.made-from'), madeFrom);
if (existsSync(dist)) renameSync(dist, join(beside, 'replaced'));
renameSync(made, dist);
rmSync(beside, { recursive: true, force: true });

async function compile(file) {
  const target = join(made, file.replace(/\.ts$/, '.js'));
  const { code, map } = await transformFile(join(root, file), {
    cwd: root,
    sourceMaps: true,
    sourceFileName: relative(dirname(join(dist, file)), join(root, file)),
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `${code}\n//# sourceMappingURL=${basename(target)}.map\n`);
  writeFileSync(`${target}.map`, map);
}

function copy(file) {
  mkdirSync(dirname(join(made, file)), { recursive: true });
  cpSync(join(root, file), join(made, file));
}
