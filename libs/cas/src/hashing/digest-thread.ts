import { setTimeout as pause } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { openDriver, type StorageSettings } from '../open-driver.js';
import type { ByteReader } from '../storage-driver.js';
import { StorageError } from '../storage-error.js';
import type { DigestAnswer, DigestPace, DigestTask } from './digest-task.js';
import { StreamHash } from './stream-hash.js';

/** A thread has its own driver, as handles and buffers can't be shared. */
const driver = openDriver(workerData as StorageSettings);

/** What piscina calls in the thread: hashes one object with the memory of one download. */
export async function hashObject({ key, algorithm, ...pace }: DigestTask): Promise<DigestAnswer> {
  try {
    const reader = await driver.read(key);
    if (!reader) return { outcome: 'missing' };
    const hash = new StreamHash(algorithm);
    await hashFirst(reader, hash, pace);
    return { outcome: 'hashed', digest: hash.digest(), size: hash.bytes };
  } catch (error) {
    if (error instanceof StorageError) return { outcome: 'failed', message: error.message };
    throw error;
  }
}

/** Leaving the loop lets go of the object, whatever lies behind. */
async function hashFirst(reader: ByteReader, hash: StreamHash, { firstBytes = Infinity, bytesPerSecond }: DigestPace): Promise<void> {
  const begun = performance.now();
  for await (const chunk of reader) {
    hash.update(chunk.subarray(0, Math.min(chunk.length, firstBytes - hash.bytes)));
    if (hash.bytes >= firstBytes) break;
    if (bytesPerSecond) await pause(begun + (hash.bytes / bytesPerSecond) * 1_000 - performance.now());
  }
}
