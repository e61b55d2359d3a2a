import { constants } from 'node:fs';
import { statfs, unlink } from 'node:fs/promises';
import type { BufferBudget } from '../../buffers/buffer-budget.js';
import { partsOf } from '../../buffers/parts-of.js';
import { ReadBuffers } from '../../buffers/read-buffers.js';
import { StorageDriver, type AppendOptions, type ByteRange, type ByteReader, type ByteSource } from '../../storage-driver.js';
import type { StoredObject, UploadState } from '../../storage-driver.js';
import { ifPresent, onDisk } from './disk-errors.js';
import { Folders } from './folders.js';
import { joinPieces } from './join-pieces.js';
import { listObjects, statObject } from './list-objects.js';
import { OpenFile } from './open-file.js';
import { MemoryReader, ObjectReader, readFully, type Stretch } from './object-reader.js';
import { PieceWriter, wholeBytes } from './piece-writer.js';
import { settlePiece } from './settle-piece.js';
import { isFenced, keysOf, lastPiece, parsePieces, startPieces, withLastPiece, withNewPiece, type UploadPieces } from './upload-pieces.js';

/** What one writev takes: larger ones gain nothing. */
const partBytes = 256 * 1024;
/** Up to here one read of the exact size is cheaper than pooled buffers. */
const smallBytes = 64 * 1024;
const parallelDeletes = 16;

/** `root`: the folder that keys lie below, made when needed. `buffers`: what appends may hold. `readBuffers`: what readers share, 24 MiB by default. */
export interface FilesystemDriverOptions {
  readonly root: string;
  readonly buffers: BufferBudget;
  readonly readBuffers?: ReadBuffers;
}

/** Objects as files, written once under their final name and made durable before they are acknowledged; several processes may share the root. */
export class FilesystemDriver extends StorageDriver {
  /** Files go faster than requests beside them should notice. */
  readonly deletionPace = { batch: 1_000, rests: 4 };
  readonly #folders: Folders;
  readonly #buffers: BufferBudget;
  readonly #readBuffers: ReadBuffers;

  constructor({ root, buffers, readBuffers = new ReadBuffers() }: FilesystemDriverOptions) {
    super();
    this.#folders = new Folders(root);
    this.#buffers = buffers;
    this.#readBuffers = readBuffers;
  }

  begin(id: string): UploadState {
    return startPieces(id);
  }

  async append(upload: UploadState, source: ByteSource, options: AppendOptions = {}): Promise<UploadState> {
    const state = parsePieces(upload);
    const writer = new PieceWriter(this.#folders, lastPiece(state), options.expectedBytes);
    try {
      for await (const part of partsOf(source, { ...options, buffers: this.#buffers, partBytes, wholeBytes })) await writer.add(part);
      return withLastPiece(state, await writer.finish());
    } finally {
      await writer.close();
    }
  }

  takeOver(upload: UploadState): UploadState {
    return withNewPiece(parsePieces(upload));
  }

  needsJoin(upload: UploadState): boolean {
    return isFenced(parsePieces(upload));
  }

  async commit(upload: UploadState): Promise<StoredObject> {
    const state = parsePieces(upload);
    const key = isFenced(state) ? await this.#join(state) : await this.#settle(state);
    return { key, size: state.offset };
  }

  asObject(upload: UploadState): StoredObject | null {
    const state = parsePieces(upload);
    return state.offset > 0 && !isFenced(state) ? { key: lastPiece(state).key, size: state.offset } : null;
  }

  leftovers(upload: UploadState, key: string): readonly string[] {
    return keysOf(parsePieces(upload)).filter((one) => one !== key);
  }

  async abort(upload: UploadState): Promise<void> {
    await this.delete(keysOf(parsePieces(upload)));
  }

  async read(key: string, range?: ByteRange): Promise<ByteReader | null> {
    if (range && !(range.start >= 0 && range.end >= range.start)) throw new RangeError(`bytes ${range.start} to ${range.end}`);
    const path = this.#folders.pathOf(key);
    const file = await ifPresent('open an object', () => OpenFile.open(path, constants.O_RDONLY));
    if (!file) return null;
    let kept = false;
    try {
      const stretch = range ? { start: range.start, length: range.end - range.start + 1 } : await wholeOf(file);
      if (stretch.length <= smallBytes) return new MemoryReader(await readFully(file, Buffer.allocUnsafe(stretch.length), stretch.start));
      kept = true;
      return new ObjectReader(file, stretch, this.#readBuffers);
    } finally {
      // Nobody waits for that, and what was read is right whatever comes of it.
      if (!kept) file.close().catch(() => undefined);
    }
  }

  async stat(key: string): Promise<StoredObject | null> {
    return statObject(key, this.#folders.pathOf(key));
  }

  async delete(keys: readonly string[]): Promise<void> {
    const paths = keys.map((key) => this.#folders.pathOf(key));
    for (let at = 0; at < paths.length; at += parallelDeletes) {
      await Promise.all(paths.slice(at, at + parallelDeletes).map((path) => ifPresent('delete', () => unlink(path))));
    }
  }

  list(prefix: string): AsyncIterable<StoredObject> {
    return listObjects(this.#folders.root, prefix);
  }

  get largestBlobBytes(): null {
    return null;
  }

  async freeBytes(): Promise<number> {
    return onDisk('ask for free space', async () => {
      await this.#folders.prepareRoot();
      const { bavail, bsize } = await statfs(this.#folders.root);
      return bavail * bsize;
    });
  }

  async close(): Promise<void> {
    // Files are open only while an append, a commit or a reader is; folders stay open.
    this.#folders.close();
  }

  async #join(state: UploadPieces): Promise<string> {
    if (state.joinKey === null) throw new TypeError('an upload of several pieces without a key to join them under');
    await joinPieces(state, state.joinKey, { folders: this.#folders, buffers: this.#readBuffers });
    return state.joinKey;
  }

  async #settle(state: UploadPieces): Promise<string> {
    const piece = lastPiece(state);
    await onDisk('commit', () => settlePiece(piece, this.#folders));
    return piece.key;
  }
}

async function wholeOf(file: OpenFile): Promise<Stretch> {
  return { start: 0, length: await onDisk('look an object up', () => file.size()) };
}
