import { Piscina } from 'piscina';
import type { Digest, DigestAlgorithm } from '#oci';
import type { StorageSettings } from '../open-driver.js';
import { StorageError } from '../storage-error.js';
import type { DigestAnswer, DigestPace, DigestTask } from './digest-task.js';
import { threadEntry } from './thread-entry.js';

const idleThreadMs = 30_000;

/** `driverOptions`: the storage each thread opens for itself. `threads`: how many objects are read at once; more wait their turn. */
export interface DigestVerifierOptions {
  readonly driverOptions: StorageSettings;
  readonly threads: number;
}

/** Re-reads stored objects in worker threads, each with the memory of one download. */
export class DigestVerifier {
  readonly #pool: Piscina<DigestTask, DigestAnswer>;

  constructor({ driverOptions, threads }: DigestVerifierOptions) {
    this.#pool = new Piscina({
      ...threadEntry('digest-thread', import.meta.url),
      name: 'hashObject',
      workerData: driverOptions,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: idleThreadMs,
      // A thread that waits for its next task in Atomics.wait can't finish what it does beside tasks.
      atomics: 'disabled',
    });
  }

  /**
   * Digest and size in bytes of a stored object, or of its first bytes (fewer where it is shorter); null where there is none. Throws StorageError
   * where it can't be read, and the signal's AbortError.
   */
  async digest(
    key: string,
    algorithm: DigestAlgorithm,
    signal?: AbortSignal,
    pace: DigestPace = {},
  ): Promise<{ digest: Digest; size: number } | null> {
    const answer = await this.#pool.run({ key, algorithm, ...pace }, { signal });
    switch (answer.outcome) {
      case 'hashed':
        return { digest: answer.digest, size: answer.size };
      case 'missing':
        return null;
      case 'failed':
        throw new StorageError(answer.message);
    }
  }

  /** How many objects are read at once, at most. */
  get threads(): number {
    return this.#pool.maxThreads;
  }

  /** Ends the threads; what is still being asked is rejected, so that whoever asks stops first. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
