import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UploadLostError } from '../../upload-errors.js';
import { ifPresent } from './disk-errors.js';
import type { Folders } from './folders.js';
import { OpenFile } from './open-file.js';
import { hasMoreThan } from './piece-writer.js';
import type { Piece } from './upload-pieces.js';

const { O_WRONLY, O_CREAT } = constants;

/** Makes a piece an object. Its bytes are durable already; an append whose answer got lost may have left more, and an empty one may have no file yet. */
export async function settlePiece({ key, length }: Piece, folders: Folders): Promise<void> {
  const path = folders.pathOf(key);
  if (length > 0) {
    const found = await ifPresent('look a piece up', () => stat(path));
    if (!found) throw new UploadLostError(`piece ${key} of an upload is missing`);
    if (!hasMoreThan(length, found.size)) return;
  }
  await folders.prepare(path);
  const file = await OpenFile.open(path, O_WRONLY | O_CREAT);
  try {
    await file.truncate(length);
    await Promise.all([file.datasync(), folders.syncName(path)]);
  } finally {
    await file.close();
  }
}
