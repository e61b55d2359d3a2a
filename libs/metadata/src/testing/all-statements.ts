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
    const exported = Object.values((await import(`../${file}`)) as Record<string, unknown>).filter(isStatement);
    for (const statement of exported) found.set(statement.name, statement);
    const hidden = names.filter((name) => !found.has(name));
    if (hidden.length > 0) throw new Error(`${file} does not export ${hidden.join(', ')}`);
  }
  return [...found.values()];
}

function sourceFiles(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /(?<!\.spec)\.ts$/.test(file) && !/^(generated|testing)\//.test(file)).sort();
}

function isStatement(value: unknown): value is Statement {
  return typeof value === 'object' && value !== null && 'name' in value && 'text' in value;
}
