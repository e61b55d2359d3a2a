import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { StartError, type Settings } from '#platform';

const oldestNode = 24;

/** Refuses a Node that the code was not written for. */
export function checkNode(version = process.versions.node): void {
  if (Number(version.split('.')[0]) < oldestNode)
    throw new StartError(`Node ${oldestNode} or newer is needed, this is ${version}: use npm start`);
}

/** Refuses a combination of settings that this system cannot serve. */
export function checkSystem({ processes }: Settings, platform: NodeJS.Platform = process.platform): void {
  // They share the port by SO_REUSEPORT, which Linux balances and macOS does not offer to Node.
  if (processes.api > 1 && platform !== 'linux')
    throw new StartError(`API_PROCESSES ${processes.api} needs Linux; only 1 is possible here`);
}

/** Creates the folders we write to and proves that we may. */
export function checkFolders({ dataDir, storage }: Settings): void {
  checkFolder('DATA_DIR', dataDir);
  if (storage.driver === 'filesystem') checkFolder('STORAGE_ROOT', storage.root);
}

/** Proves that the port can be listened on, and answers its number (that of the system's choice for 0). */
export async function checkPort({ listen: { host, port } }: Settings): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port, exclusive: true }, resolve));
  } catch (error) {
    throw new StartError(portFailure(host, port, (error as NodeJS.ErrnoException).code), { cause: error });
  }
  const { port: found } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return found;
}

function checkFolder(variable: string, folder: string): void {
  try {
    createFolder(folder);
    rmdirSync(mkdtempSync(join(folder, '.writable-')));
  } catch (error) {
    throw new StartError(`${variable} ${folder} is not writable (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

/** One by one from the top: Node's own `recursive` never returns where a file system says ENOENT to a mkdir, as /proc does. */
function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(dirname(folder));
  try {
    // Passable, not listable: a PostgreSQL of another user lives below.
    mkdirSync(folder, { mode: 0o711 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function portFailure(host: string, port: number, code = 'unknown'): string {
  if (code === 'EADDRINUSE') return `PORT ${port} on ${host} is taken by another process`;
  if (code === 'EACCES') return `PORT ${port} on ${host} may only be used by root`;
  return `HOST ${host} is not an address of this machine (${code})`;
}
