import { pino, type Logger, type LoggerOptions } from 'pino';
import { loggedAs } from './log-line.js';

export type { Logger } from 'pino';

/** Who writes, from which level on, and to where (default: this process's standard output). */
export interface LogOptions {
  readonly process: string;
  readonly level?: string;
  readonly destination?: { write(line: string): unknown; readonly isTTY?: boolean };
}

const secretKeys = ['password', 'secret', 'secretAccessKey', 'accessKeyId', 'credentials', 'authorization', 'cookie', 'token'];

/** A pino logger: JSON lines, or one line of text each on a terminal; passwords, keys and the passwords within URLs never get out. */
export function createLogger({ process: name, level = 'info', destination = process.stdout }: LogOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: { process: name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '***' },
  };
  const line = loggedAs(destination.isTTY === true ? 'text' : 'json');
  if (destination !== process.stdout) return pino(options, { write: (json: string) => destination.write(line(json)) });
  // Synchronous, so that the last words of a process that dies are not lost.
  const stdout = pino.destination({ dest: 1, sync: true });
  // A log that nobody reads any more must not end the service.
  stdout.on('error', () => undefined);
  return pino(options, { write: (json: string) => stdout.write(line(json)) });
}
