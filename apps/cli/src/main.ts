import { loadSettings } from '#platform';
import { askPerson } from './ask-person.js';
import { runProgram } from './run-program.js';
import type { Shell } from './shell.js';

const interruption = new AbortController();
// Once: a second Ctrl-C ends the process as it would any other.
process.once('SIGINT', () => interruption.abort());
// `entrepot jobs list | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => undefined);

const { stdin, stdout, stderr } = process;
const ask = (question: string) => askPerson(question, { input: stdin, output: stderr, interruption });
const shell: Shell = { stdout, stderr, settings: () => loadSettings(), ask, interrupted: interruption.signal };
process.exitCode = await runProgram(process.argv.slice(2), shell);
