import { workerData } from 'node:worker_threads';
import { openDriver, type StorageSettings } from '../open-driver.js';
import { StorageError } from '../storage-error.js';
import type { DigestAnswer, DigestTask } from './digest-task.js';
import { StreamHash } from './stream-hash.js';

/** A thread has its own driver, as handles and buffers can't be shared. */
const driver = openDriver(workerData as StorageSettings);

/** What piscina calls in the thread: hashes one object with the memory of one download. */
export async function hashObject({ key, algorithm }: DigestTask): Promise<DigestAnswer> {
  try {
    const reader = await driver.read(key);
    if (!reader) return { outcome: 'missing' };
    const hash = new StreamHash(algorithm);
    for await (const chunk of reader) hash.update(chunk);
    return { outcome: 'hashed', digest: hash.digest(), size: hash.bytes };
  } catch (error) {
    if (error instanceof StorageError) return { outcome: 'failed', message: error.message };
    throw error;
  }
}
