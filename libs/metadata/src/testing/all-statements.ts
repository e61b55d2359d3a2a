import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Statement } from '../database/statement.js';

const source = fileURLToPath(new URL('..', import.meta.url));
const named = /\bstatement\(\s*'(\w+)'/g;

/** Every statement that the sources of this lib name, whoever sends it; throws for one that its module keeps to itself, where nobody could look at its plan. */
export async function allStatements(): Promise<Statement[]> {
  const found = new Map<string, Statement>();
  for (const file of sourceFiles()) {
    const names = [...readFileSync(join(source, file), 'utf8').matchAll(named)].map(([, name]) => name!);
    if (names.length === 0) continue;
    for (const statement of statementsIn(Object.values((await import(`../${file}`)) as object))) found.set(statement.name, statement);
    const hidden = names.filter((name) => !found.has(name));
    if (hidden.length > 0) throw new Error(`${file} does not export ${hidden.join(', ')}`);
  }
  return [...found.values()];
}

function sourceFiles(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /(?<!\.spec)\.ts$/.test(file) && !/^(generated|testing)\//.test(file)).sort();
}

/** Exported by themselves, or as a record of some that belong together. */
function statementsIn(exported: unknown[]): Statement[] {
  const records = exported.filter((value) => typeof value === 'object' && value !== null && !isStatement(value));
  return [...exported, ...records.flatMap((record) => Object.values(record as object) as unknown[])].filter(isStatement);
}

function isStatement(value: unknown): value is Statement {
  return typeof value === 'object' && value !== null && 'name' in value && 'text' in value;
}
