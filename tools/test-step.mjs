// One step of the run: quiet when it passes, with all it printed when it fails.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from './setup-paths.mjs';

const timeLimitMs = 9 * 60_000;

/** Answers whether the program ended well; `show` lets it print as it goes. */
export async function runStep({ name, program, args, env, show = false }) {
  const started = Date.now();
  const stdio = show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
  // A group of its own, so that a step that hangs can be ended with all it has started.
  const child = spawn(program, args, { cwd: root, env: withOwnNode(env), stdio, detached: true });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => printed.push(bytes));
  const limit = setTimeout(() => endGroup(child.pid, 'SIGKILL'), timeLimitMs);
  const interrupted = (signal) => endGroup(child.pid, signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted);
  const code = await new Promise((resolve) =>
    child.once('error', (error) => resolve(error.message)).once('close', (code, signal) => resolve(code ?? signal)),
  );
  clearTimeout(limit);
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupted);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s${code === 0 ? '' : `, ${code}`})`);
  if (code !== 0 && printed.length > 0) console.error(Buffer.concat(printed).toString());
  return code === 0;
}

/** The project's own Node first, as npm scripts find it. */
function withOwnNode(env) {
  return { ...env, PATH: `${path.join(root, 'node_modules/.bin')}:${env.PATH}` };
}

function endGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
