import { constants } from 'node:fs';
import { OpenFile } from './open-file.js';

/** A folder that stays open, because opening it would cost more than flushing it; closed once it is retired and nobody flushes it any more. */
export class KeptFolder {
  #opened: Promise<OpenFile> | null = null;
  #flushing = false;
  #retired = false;
  /** The flush under way, or the last one; however it ends. */
  #last: Promise<void> = Promise.resolve();
  /** One that has not begun. */
  #next: Promise<void> | null = null;

  constructor(private readonly path: string) {}

  /** Makes the names in it durable. Who asks while a flush is under way, which may have begun before his name was there, shares the next with others. */
  sync(): Promise<void> {
    this.#next ??= this.#last.then(() => this.#begin());
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = null;
    const flush = this.#flush();
    this.#last = flush.catch(() => undefined);
    return flush;
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    try {
      this.#opened ??= OpenFile.open(this.path, constants.O_RDONLY | constants.O_DIRECTORY);
      await (await this.#opened).sync();
    } finally {
      this.#flushing = false;
      this.#closeIfUnused();
    }
  }

  /** To be asked for nothing more. */
  retire(): void {
    this.#retired = true;
    this.#closeIfUnused();
  }

  // Not a moment earlier: the number of a closed descriptor is soon another file's, and a flush of that would be believed.
  #closeIfUnused(): void {
    if (!this.#retired || this.#flushing) return;
    this.#opened?.then((file) => file.close()).catch(() => undefined);
    this.#opened = null;
  }
}
