import { z } from 'zod';
import { isObjectKey, objectKey } from '../../storage-keys.js';
import type { UploadState } from '../../storage-driver.js';

const length = z.int().min(0);
const key = z.string().refine(isObjectKey);
const shape = z
  .object({ offset: length, pieces: z.array(z.object({ key, length })).min(1), joinKey: key.nullable() })
  .refine(({ offset, pieces }) => pieces.reduce((sum, piece) => sum + piece.length, 0) === offset);

/** One file of an upload; `length` is its durable part, and more may lie behind it. */
export interface Piece {
  readonly key: string;
  readonly length: number;
}

/**
 * The filesystem's upload state. Only the last piece is appended to; each one before it belongs to a writer from whom the upload was taken
 * over, and who may be writing to it yet. `joinKey`: where the pieces will be joined, drawn at the first take-over so that a replay finds it.
 */
export interface UploadPieces {
  readonly offset: number;
  readonly pieces: readonly Piece[];
  readonly joinKey: string | null;
}

/** The state of an upload that has stored nothing. */
export function startPieces(id: string): UploadPieces & UploadState {
  return { offset: 0, pieces: [{ key: objectKey(id), length: 0 }], joinKey: null };
}

/** Reads a state that has been to JSON and back; throws TypeError on another driver's. */
export function parsePieces(upload: UploadState): UploadPieces {
  const parsed = shape.safeParse(upload);
  if (!parsed.success) throw new TypeError('not an upload state of the filesystem driver', { cause: parsed.error });
  return parsed.data;
}

/** The piece that an append goes on in. */
export function lastPiece({ pieces }: UploadPieces): Piece {
  return pieces.at(-1)!;
}

/** The state once the last piece has reached a new length. */
export function withLastPiece({ offset, pieces, joinKey }: UploadPieces, newLength: number): UploadPieces & UploadState {
  const last = pieces.at(-1)!;
  const grown = { key: last.key, length: newLength };
  return { offset: offset - last.length + newLength, pieces: [...pieces.slice(0, -1).map((piece) => ({ ...piece })), grown], joinKey };
}

/** The state with a new, empty last piece. */
export function withNewPiece({ offset, pieces, joinKey }: UploadPieces): UploadPieces & UploadState {
  return { offset, pieces: [...pieces.map((piece) => ({ ...piece })), { key: objectKey(), length: 0 }], joinKey: joinKey ?? objectKey() };
}

/** True where bytes lie before the last piece; also if they are all in one, as its old writer may change that file at any time. */
export function isFenced({ offset, pieces }: UploadPieces): boolean {
  return pieces.at(-1)!.length < offset;
}
