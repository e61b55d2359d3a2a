import { createInterface } from 'node:readline/promises';
import { loadSettings } from '#platform';
import { runProgram } from './run-program.js';
import type { Shell } from './shell.js';

const interruption = new AbortController();
// Once: a second Ctrl-C ends the process as it would any other.
process.once('SIGINT', () => interruption.abort());
// `entrepot jobs list | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => undefined);

async function ask(question: string): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: interruption.signal });
  } finally {
    lines.close();
  }
}

const { stdout, stderr } = process;
const shell: Shell = { stdout, stderr, settings: () => loadSettings(), ask, interrupted: interruption.signal };
process.exitCode = await runProgram(process.argv.slice(2), shell);
