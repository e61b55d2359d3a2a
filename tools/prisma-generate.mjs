// npm run generate: makes Prisma's client (libs/metadata/src/generated) unless the schema and Prisma are those it was made from.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const prisma = dirname(createRequire(import.meta.url).resolve('prisma/package.json'));
const output = join(root, 'libs/metadata/src/generated');
const stamp = join(output, '.made-from');

const madeFrom = createHash('sha256')
  .update(readFileSync(join(root, 'prisma/schema.prisma')))
  .update(JSON.parse(readFileSync(join(prisma, 'package.json'), 'utf8')).version)
  .digest('hex');

if (!existsSync(join(output, 'client.ts')) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== madeFrom) {
  // Generating needs no engine, yet Prisma looks for one (online): any executable will do.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' };
  const { status } = spawnSync(process.execPath, [join(prisma, 'build/index.js'), 'generate', '--no-hints'], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(output, { recursive: true });
  writeFileSync(stamp, madeFrom);
}
