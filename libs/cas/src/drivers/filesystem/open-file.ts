import * as fs from 'node:fs';

/**
 * A file by its descriptor: what node's FileHandle does at a quarter of its cost, without events and without the garbage collector's watch.
 * Whoever opens one closes it.
 */
export class OpenFile {
  private constructor(private readonly descriptor: number) {}

  /** `flags` as for open(2). */
  static open(path: string, flags: number): Promise<OpenFile> {
    return new Promise((resolve, reject) => {
      fs.open(path, flags, (error, descriptor) => (error ? reject(error) : resolve(new OpenFile(descriptor))));
    });
  }

  /** Answers how many bytes were written. */
  writev(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.writev(this.descriptor, chunks, position, (error, written) => (error ? reject(error) : resolve(written)));
    });
  }

  /** Fills the buffer from a position of the file, and answers how many bytes there were: fewer only where the file ends. */
  fill(buffer: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const fillFrom = (filled: number) =>
        fs.read(this.descriptor, buffer, filled, buffer.length - filled, position + filled, (error, read) => {
          if (error) reject(error);
          else if (read === 0 || filled + read === buffer.length) resolve(filled + read);
          else fillFrom(filled + read);
        });
      fillFrom(0);
    });
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => fs.fdatasync(this.descriptor, (error) => (error ? reject(error) : resolve())));
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => fs.fsync(this.descriptor, (error) => (error ? reject(error) : resolve())));
  }

  truncate(length: number): Promise<void> {
    return new Promise((resolve, reject) => fs.ftruncate(this.descriptor, length, (error) => (error ? reject(error) : resolve())));
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => fs.fstat(this.descriptor, (error, stats) => (error ? reject(error) : resolve(stats.size))));
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => fs.close(this.descriptor, (error) => (error ? reject(error) : resolve())));
  }
}
