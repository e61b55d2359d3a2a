import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ReadBuffers } from '../../buffers/read-buffers.js';
import { StorageError } from '../../storage-error.js';
import { UploadLostError } from '../../upload-errors.js';
import { ifPresent, onDisk } from './disk-errors.js';
import type { Folders } from './folders.js';
import { OpenFile } from './open-file.js';
import { ObjectReader } from './object-reader.js';
import { writeFully } from './piece-writer.js';
import type { Piece, UploadPieces } from './upload-pieces.js';

const { O_RDONLY, O_WRONLY, O_CREAT } = constants;

/** What joining works with. */
export interface JoinTools {
  readonly folders: Folders;
  readonly buffers: ReadBuffers;
}

/**
 * Copies the durable part of each piece into the file of `joinKey` and makes it durable. The file is never emptied first: a replay, also one that
 * runs beside us, writes the same bytes to the same places, so that at no time anything that was right becomes wrong.
 */
export async function joinPieces(upload: UploadPieces, joinKey: string, tools: JoinTools): Promise<void> {
  const path = tools.folders.pathOf(joinKey);
  if (await isJoined(path, upload, tools.folders)) return;
  try {
    await copyPieces(path, upload, tools);
  } catch (error) {
    // One beside us may have been first, and has removed the pieces we were copying.
    if (!(await isJoined(path, upload, tools.folders))) throw error;
  }
}

async function copyPieces(path: string, { offset, pieces }: UploadPieces, tools: JoinTools): Promise<void> {
  await onDisk('join pieces', async () => {
    await tools.folders.prepare(path);
    const target = await OpenFile.open(path, O_WRONLY | O_CREAT);
    try {
      let position = 0;
      for (const piece of pieces) {
        await copyPiece(piece, target, position, tools);
        position += piece.length;
      }
      await Promise.all([target.datasync(), tools.folders.syncName(path)]);
      const size = await target.size();
      if (size !== offset) throw new StorageError(`joining made ${size} bytes of ${offset}`);
    } finally {
      await target.close();
    }
  });
}

/** Pieces are removed only after a commit's object is durable, so that a missing one means somebody got there; throws UploadLostError if not. */
async function isJoined(path: string, { offset, pieces }: UploadPieces, folders: Folders): Promise<boolean> {
  for (const { key, length } of pieces) {
    if (length > 0 && !(await ifPresent('look a piece up', () => stat(folders.pathOf(key))))) {
      const joined = await ifPresent('look a joined object up', () => stat(path));
      if (joined?.size === offset) return true;
      throw new UploadLostError(`piece ${key} of an upload is missing`);
    }
  }
  return false;
}

async function copyPiece(piece: Piece, target: OpenFile, position: number, { folders, buffers }: JoinTools): Promise<void> {
  if (piece.length === 0) return;
  const source = await OpenFile.open(folders.pathOf(piece.key), O_RDONLY);
  let at = position;
  for await (const chunk of new ObjectReader(source, { start: 0, length: piece.length }, buffers)) {
    await writeFully(target, [chunk], at);
    at += chunk.length;
  }
}
