import * as z from 'zod';
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

/** Every object that an upload may have made. */
export function keysOf({ pieces, joinKey }: UploadPieces): string[] {
  return [...pieces.map((piece) => piece.key), ...(joinKey === null ? [] : [joinKey])];
}

/** The state once the last piece has grown, or (it had no bytes) one under another key has come after it. */
export function withLastPiece({ offset, pieces, joinKey }: UploadPieces, grown: Piece): UploadPieces & UploadState {
  const last = pieces.at(-1)!;
  const before = grown.key === last.key ? pieces.slice(0, -1) : pieces;
  return { offset: offset - last.length + grown.length, pieces: [...before, grown].map((piece) => ({ ...piece })), joinKey };
}

/** The state with a new, empty last piece. */
export function withNewPiece({ offset, pieces, joinKey }: UploadPieces): UploadPieces & UploadState {
  return { offset, pieces: [...pieces.map((piece) => ({ ...piece })), { key: objectKey(), length: 0 }], joinKey: joinKey ?? objectKey() };
}

/** True where bytes lie before the last piece; also if they are all in one, as its old writer may change that file at any time. */
export function isFenced({ offset, pieces }: UploadPieces): boolean {
  return pieces.at(-1)!.length < offset;
}
