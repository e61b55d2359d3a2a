import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** From its last word on standard output to its end. */
  readonly lingeredMs: number;
}

const script = resolve(import.meta.dirname, '../../../tools/entrepot.mjs');

/** Runs `entrepot` as `npx entrepot` would: on whichever Node the machine has, which is another than the project's. */
export function entrepot(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
  return run(env, args);
}

/** The same, with Ctrl-C for all its processes as soon as standard error says so much. */
export function interrupted(env: Readonly<Record<string, string>>, args: readonly string[], said: string): Promise<Outcome> {
  return run(env, args, said);
}

async function run(env: Readonly<Record<string, string>>, args: readonly string[], said?: string): Promise<Outcome> {
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const child = spawn(script, args, {
    env: { ...process.env, NODE_OPTIONS: '', PATH: path.join(':'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal's foreground job is.
    detached: said !== undefined,
  });
  let [out, err, told] = ['', '', false];
  let answeredAt = performance.now();
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString();
    answeredAt = performance.now();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    err += bytes.toString();
    if (said === undefined || told || !err.includes(said)) return;
    told = true;
    process.kill(-child.pid!, 'SIGINT');
  });
  const code = await new Promise<number | null>((done, reject) => child.once('error', reject).once('close', done));
  return { code, out, err, lingeredMs: performance.now() - answeredAt };
}
