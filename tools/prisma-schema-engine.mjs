// Prisma's own schema engine, the WebAssembly build: it makes migrations and finds drift without an engine binary.
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const filters = { externalTables: [], externalEnums: [] };

// The catalog's "char" (18) is a type adapter-pg refuses and the engine insists on: such columns pass as text here and are relabelled
// below. On the prototype, since the adapter makes itself another pool for the shadow database.
const charType = 18;
const textType = 25;
const charColumns = new WeakMap();
const query = pg.Pool.prototype.query;
pg.Pool.prototype.query = async function (...args) {
  const result = await query.apply(this, args);
  for (const { rows, fields } of [result].flat()) {
    const chars = (fields ?? []).filter(({ dataTypeID }) => dataTypeID === charType);
    if (chars.length > 0) charColumns.set(rows, new Set(chars.map((field) => field.name)));
    for (const field of chars) field.dataTypeID = textType;
  }
  return result;
};

function relabelling(adapter) {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (...args) => {
    const result = await queryRaw(...args);
    const chars = charColumns.get(result.rows);
    return chars
      ? {
          ...result,
          columnTypes: result.columnTypes.map((type, i) => (chars.has(result.columnNames[i]) ? ColumnTypeEnum.Character : type)),
        }
      : result;
  };
  return adapter;
}

/** The engine over an empty scratch database; `schemaPath` and `directory` are where Prisma keeps them. */
export async function openSchemaEngine({ url, schemaPath, directory }) {
  const pool = new pg.Pool({ connectionString: url });
  loadWasm();
  const files = [{ path: schemaPath, content: readFileSync(schemaPath, 'utf8') }];
  const factory = new PrismaPg(pool);
  const adapter = bindMigrationAwareSqlAdapterFactory({
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => relabelling(await factory.connect()),
    connectToShadowDb: async () => relabelling(await factory.connectToShadowDb()),
  });
  const engine = await bindings.SchemaEngine.new({ datamodels: files.map(({ path, content }) => [path, content]) }, () => {}, adapter);
  const explain = (error) =>
    Object.assign(error, { message: `${error.message} ${JSON.stringify(adapter.errorRegistry?.consumeError?.(0) ?? '')}` });
  const diff = async (from) => {
    const to = { tag: 'schemaDatamodel', files };
    const { stdout } = await engine
      .diff({ from, to, script: true, exitCode: true, shadowDatabaseUrl: null, filters })
      .catch((error) => Promise.reject(explain(error)));
    return stdout?.includes('This is an empty migration') ? '' : (stdout ?? '');
  };
  return {
    /** SQL that leads from what the migrations make to what the schema says; empty where they agree. */
    drift: () => diff({ tag: 'migrations', ...migrationsIn(directory) }),
    close: () => pool.end(),
  };
}

function loadWasm() {
  const path = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
    .replace(/\.js$/, '.wasm');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
}

function migrationsIn(directory) {
  const lockfile = join(directory, 'migration_lock.toml');
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    baseDir: directory,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: existsSync(lockfile) ? readFileSync(lockfile, 'utf8') : null },
    migrationDirectories: folders
      .map(({ name }) => name)
      .sort()
      .map((name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok', value: readFileSync(join(directory, name, 'migration.sql'), 'utf8') },
        },
      })),
  };
}
