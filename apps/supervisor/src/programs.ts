import { join } from 'node:path';
import { projectRoot, type Settings } from '#platform';
import type { Program } from './supervised-child.js';
import type { Whereabouts } from './supervisor.js';

/** The built api, as often as asked for, and the worker. */
export function builtPrograms({ processes }: Settings, { port, databaseUrl }: Whereabouts): Program[] {
  const environment = { DATABASE_URL: databaseUrl, PORT: String(port) };
  const script = (app: string) => join(projectRoot, `dist/apps/${app}/src/main.js`);
  const api: Program = {
    name: 'api',
    script: script('api'),
    // Uploads make garbage fast and on one thread: 15–25 % more pushes. Node takes it on the command line only.
    nodeOptions: ['--enable-source-maps', '--single-threaded-gc'],
    environment,
  };
  const worker: Program = { name: 'worker', script: script('worker'), nodeOptions: ['--enable-source-maps'], environment };
  return [...Array.from({ length: processes.api }, () => api), worker];
}
