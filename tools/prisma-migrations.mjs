// npm run migrate:check        fails when prisma/schema.prisma and prisma/migrations disagree, and prints the SQL between them
// npm run migrate:new -- NAME  writes that SQL as a new migration; collations, checks and partial indexes are then added by hand
// A server is started for the occasion: the engine empties the database it works in, so that must never be anybody's.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openSchemaEngine } from './prisma-schema-engine.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const directory = join(root, 'prisma/migrations');

const commands = {
  check: (sql) => {
    if (!sql) return 'prisma/schema.prisma and prisma/migrations agree';
    process.exitCode = 1;
    return `prisma/schema.prisma says more than prisma/migrations (npm run migrate:new -- NAME):\n${sql}`;
  },
  new: (sql, name) => {
    if (!/^[a-z][a-z0-9_]*$/.test(name ?? '')) throw new Error('the name of a migration is made of lower-case letters, digits and _');
    if (!sql) return 'nothing to migrate';
    const folder = join(directory, `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'migration.sql'), sql);
    return `made ${folder}/migration.sql`;
  },
};

async function startScratchServer() {
  const server = spawn(process.execPath, [join(root, 'test/support/scratch-postgres.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) return { url: JSON.parse(line).url, stop: () => server.stdin.end() };
  throw new Error('no PostgreSQL to work with');
}

const [command, name] = process.argv.slice(2);
if (!commands[command]) throw new Error(`usage: prisma-migrations.mjs ${Object.keys(commands).join(' | ')}`);
const server = await startScratchServer();
try {
  const engine = await openSchemaEngine({ url: server.url, schemaPath: join(root, 'prisma/schema.prisma'), directory });
  const sql = await engine.drift().finally(() => engine.close());
  process.stdout.write(`${commands[command](sql, name)}\n`);
} finally {
  server.stop();
}
