import { constants } from 'node:fs';
import { OpenFile } from './open-file.js';

/** A folder that stays open, because opening it would cost more than flushing it; closed once it is retired and nobody flushes it any more. */
export class KeptFolder {
  #opened: Promise<OpenFile> | null = null;
  #flushing = 0;
  #retired = false;

  constructor(private readonly path: string) {}

  /** Makes the names in it durable. */
  async sync(): Promise<void> {
    this.#flushing += 1;
    try {
      this.#opened ??= OpenFile.open(this.path, constants.O_RDONLY | constants.O_DIRECTORY);
      await (await this.#opened).sync();
    } finally {
      this.#flushing -= 1;
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
    if (!this.#retired || this.#flushing > 0) return;
    this.#opened?.then((file) => file.close()).catch(() => undefined);
    this.#opened = null;
  }
}
