import { join } from 'node:path';
import { projectRoot, type Settings } from '#platform';
import type { Program } from './supervised-child.js';
import type { Whereabouts } from './supervisor.js';

/** The built api, as often as asked for, and the worker. */
export function builtPrograms({ processes, uploads }: Settings, { port, databaseUrl }: Whereabouts): Program[] {
  // What `auto` means here, not to a process that is given a database.
  const chosen = { API_PROCESSES: String(processes.api), UPLOAD_WRITE_BEHIND_MS: String(uploads.writeBehindMs) };
  const wiring = { DATABASE_URL: databaseUrl, PORT: String(port), ...chosen };
  // What was compiled once is kept; starts are faster. Where the folder can't be written, Node does without.
  const environment = { ...wiring, NODE_COMPILE_CACHE: join(projectRoot, '.cache/compile') };
  const built = (path: string) => join(projectRoot, 'dist', path);
  // Room for young garbage beyond 32 MiB (by itself V8 takes 128) saves no time that can be measured.
  // V8 lets a heap as small as ours grow by a third before it marks all of it, and counts buffers, so that it did four times a second where many
  // push. Now it marks at twice what was alive, which is less than it allows large heaps by itself.
  const common = ['--enable-source-maps', '--max-semi-space-size=16', '--heap-growing-percent=100'];
  // Uploads make garbage fast and on one thread: 15–25 % more pushes. Node takes it on the command line only.
  const api = { name: 'api', nodeArguments: [...common, '--single-threaded-gc', '--expose-gc', built('apps/api/main.js')], environment };
  const worker = { name: 'worker', nodeArguments: [...common, built('apps/worker/src/main.js')], environment };
  return [...Array.from({ length: processes.api }, () => api), worker];
}
