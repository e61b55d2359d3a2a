import { fileURLToPath } from 'node:url';

/** How a thread is started: its file and the options of its node. */
export interface ThreadEntry {
  readonly filename: string;
  readonly execArgv: string[];
}

/**
 * The file of a thread beside `from`, without suffix. Compiled it is a .js file and needs nothing; run from source (jest), node itself turns the
 * types into JavaScript, and a hook finds `./x.js` in `x.ts`.
 */
export function threadEntry(name: string, from: string): ThreadEntry {
  const compiled = !from.endsWith('.ts');
  const filename = fileURLToPath(new URL(`${name}.${compiled ? 'js' : 'ts'}`, from));
  if (compiled) return { filename, execArgv: [] };
  const hook = new URL('../testing/run-from-source.mjs', import.meta.url).href;
  return { filename, execArgv: ['--conditions=source', '--experimental-transform-types', '--no-warnings', '--import', hook] };
}
