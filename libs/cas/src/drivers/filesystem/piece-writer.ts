import { constants } from 'node:fs';
import type { Part } from '../../buffers/gathered-part.js';
import { StorageError } from '../../storage-error.js';
import { objectKey } from '../../storage-keys.js';
import { UploadLostError } from '../../upload-errors.js';
import { ifPresent, onDisk } from './disk-errors.js';
import type { Folders } from './folders.js';
import { OpenFile } from './open-file.js';
import type { Piece } from './upload-pieces.js';

const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants;
/** Flushing on the way lets the disk work while bytes come, so that the end of a large body does not wait for all of it. */
const flushBytes = 16 * 1024 * 1024;
/** Up to here a body had better be written whole, by one write that flushes: each call more costs more than it gains by writing while bytes come. */
export const wholeBytes = 1024 * 1024;
/** Elsewhere it may promise less than a flush. */
const writesFlush = process.platform === 'linux';

/**
 * Appends to one piece, one write in flight while the next part is gathered. Opens its file when the first bytes come. A piece that should have
 * no file yet but has one is somebody else's, who may be writing to it: the writer then goes to a piece of its own.
 */
export class PieceWriter {
  #piece: Piece;
  #file: OpenFile | null = null;
  #length: number;
  #writing: Promise<void> = Promise.resolve();
  #flushing: Promise<void> = Promise.resolve();
  #unflushed = 0;
  /** Each write is durable before it is answered; the name of the file is made so meanwhile. */
  #naming: Promise<void> | null = null;

  /** `expectedBytes`: how many will come, where that was announced. */
  constructor(
    private readonly folders: Folders,
    piece: Piece,
    private readonly expectedBytes = Infinity,
  ) {
    this.#piece = piece;
    this.#length = piece.length;
  }

  /** Takes a part over and releases it once written. Resolves when the part before it has been. */
  async add(part: Part): Promise<void> {
    const previous = this.#writing;
    this.#writing = previous.then(() => onDisk('write', () => this.#write(part))).finally(() => part.release());
    // Reported by the next add or by finish; a source may let us wait long for either.
    this.#writing.catch(() => undefined);
    await previous;
  }

  /** Makes all that was added durable, with the file's name where it is new, and answers the piece with its new length. */
  async finish(): Promise<Piece> {
    await this.#writing;
    // A flush that failed is reported once by the system: a later one that succeeds says nothing about those bytes.
    await this.#flushing;
    const file = this.#file;
    const nameIsNew = this.#piece.length === 0;
    if (this.#naming) await onDisk('flush', () => this.#naming!);
    else if (file) await onDisk('flush', () => Promise.all([file.datasync(), nameIsNew ? this.folders.syncName(this.#path) : null]));
    return { key: this.#piece.key, length: this.#length };
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await Promise.allSettled([this.#flushing, this.#naming]);
    const file = this.#file;
    this.#file = null;
    if (file) await onDisk('close', () => file.close());
  }

  async #write(part: Part): Promise<void> {
    this.#file ??= await this.#open(part);
    await writeFully(this.#file, part.chunks, this.#length);
    this.#length += part.bytes;
    if (this.#naming) return;
    this.#unflushed += part.bytes;
    if (this.#unflushed >= flushBytes) this.#flushBeside(this.#file);
  }

  #flushBeside(file: OpenFile): void {
    this.#unflushed = 0;
    this.#flushing = this.#flushing.then(() => onDisk('flush', () => file.datasync()));
    this.#flushing.catch(() => undefined);
  }

  async #open(first: Part): Promise<OpenFile> {
    if (this.#piece.length > 0) return openAt(this.#path, this.#piece);
    try {
      return await this.#create(first);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      this.#piece = { key: objectKey(), length: 0 };
      return this.#create(first);
    }
  }

  async #create({ bytes }: Part): Promise<OpenFile> {
    await this.folders.prepare(this.#path);
    const whole = writesFlush && bytes <= wholeBytes && bytes === this.expectedBytes;
    const file = await OpenFile.open(this.#path, O_WRONLY | O_CREAT | O_EXCL | (whole ? O_DSYNC : 0));
    if (whole) this.#naming = this.folders.syncName(this.#path);
    this.#naming?.catch(() => undefined);
    return file;
  }

  get #path(): string {
    return this.folders.pathOf(this.#piece.key);
  }
}

/** Opens a file for appending at its durable length and drops what lies behind it. */
async function openAt(path: string, { key, length }: Piece): Promise<OpenFile> {
  const file = await ifPresent('open a piece', () => OpenFile.open(path, O_WRONLY));
  if (!file) throw new UploadLostError(`piece ${key} of an upload is missing`);
  try {
    await cutTo(file, length);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function cutTo(file: OpenFile, length: number): Promise<void> {
  if (hasMoreThan(length, await file.size())) await file.truncate(length);
}

/** Compares a file's size to its durable length; throws StorageError where bytes are missing. */
export function hasMoreThan(length: number, size: number): boolean {
  if (size < length) throw new StorageError(`a stored file has ${size} bytes of the ${length} that were durable`);
  return size > length;
}

/** Writes all chunks from a position on; the system may take less than offered. */
export async function writeFully(file: OpenFile, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let rest = chunks;
  let at = position;
  while (rest.length > 0) {
    const written = await file.writev(rest, at);
    at += written;
    rest = without(rest, written);
  }
}

function without(chunks: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let left = written;
  let whole = 0;
  for (let chunk = chunks[0]; chunk && chunk.length <= left; chunk = chunks[whole]) {
    left -= chunk.length;
    whole += 1;
  }
  if (whole === chunks.length) return [];
  return [chunks[whole]!.subarray(left), ...chunks.slice(whole + 1)];
}
