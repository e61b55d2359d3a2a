import type { ByteSource } from '../storage-driver.js';

type Step = { readonly chunk: Uint8Array; readonly taken: () => void } | { readonly error: Error } | 'end';

/** A body whose bytes come when the test says so. */
export class ControlledSource implements ByteSource {
  readonly #steps: Step[] = [];
  #wake: () => void = () => undefined;

  /** Resolves once the chunk was taken and more is asked for. */
  give(chunk: Uint8Array): Promise<void> {
    return new Promise((taken) => this.#add({ chunk, taken }));
  }

  /** The body ends; whether it was complete is not a driver's business. */
  end(): void {
    this.#add('end');
  }

  /** The body throws, which the contract forbids and drivers survive. */
  fail(error: Error): void {
    this.#add({ error });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      while (this.#steps.length === 0) await new Promise<void>((wake) => (this.#wake = wake));
      const step = this.#steps.shift()!;
      if (step === 'end') return;
      if ('error' in step) throw step.error;
      yield step.chunk;
      step.taken();
    }
  }

  #add(step: Step): void {
    this.#steps.push(step);
    this.#wake();
  }
}

/** A body that comes as fast as it is pulled, in chunks as a socket gives them. */
export async function* inChunks(bytes: Uint8Array, chunkBytes = 64 * 1024): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
