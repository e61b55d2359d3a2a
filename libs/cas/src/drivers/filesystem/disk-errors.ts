import { StorageError } from '../../storage-error.js';

/** Runs disk work; what the disk refuses becomes a StorageError that says at what. */
export async function onDisk<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(action, error);
  }
}

/** The StorageError that a disk's refusal becomes; any other error as it is. */
export function diskError(action: string, error: unknown): unknown {
  return isDiskError(error) ? new StorageError(`cannot ${action}: ${error.code}`, { cause: error }) : error;
}

/** Like {@link onDisk}, with null for a file or folder that isn't there. */
export async function ifPresent<T>(action: string, work: () => Promise<T>): Promise<T | null> {
  return onDisk(action, async () => {
    try {
      return await work();
    } catch (error) {
      if (isDiskError(error) && error.code === 'ENOENT') return null;
      throw error;
    }
  });
}

/** By shape: an error of node's own need not be an `Error` of this realm. */
function isDiskError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
