import { StorageError } from '../../storage-error.js';

/** Runs a request; what the store refuses, or a network in between breaks, becomes a StorageError that says at what. */
export async function onStore<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(action, error);
  }
}

/** Like {@link onStore}, with null where the store answers one of these error codes. */
export async function unless<T>(codes: ReadonlySet<string>, action: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (codes.has(codeOf(error))) return null;
    throw storageError(action, error);
  }
}

/** What the store, or the system, calls an error. By shape: errors come from several packages and realms. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'name' in error && typeof error.name === 'string' ? error.name : '';
}

export function storageError(action: string, error: unknown): Error {
  if (error instanceof StorageError) return error;
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  const said = [codeOf(error), message].filter((text) => text !== '' && text !== 'UnknownError').join(': ');
  return new StorageError(`cannot ${action}: ${said || 'no reason given'}`, { cause: error });
}

/** An object that isn't there. */
export const noSuchKey: ReadonlySet<string> = new Set(['NoSuchKey', 'NotFound']);
/** An upload that was completed, aborted, or never begun; Ceph knows it by the key. */
export const noSuchUpload: ReadonlySet<string> = new Set(['NoSuchUpload', 'NoSuchKey']);
/** A part that is not the one named. */
export const otherPart: ReadonlySet<string> = new Set(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

/** True where a connection broke, so that the store's answer, if any, was not seen. */
export function isBroken(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].some((code) => code === codeOf(error) || (error instanceof Error && error.message.includes(code)));
}

/** An ETag without its quotes. */
export function bare(etag = ''): string {
  return etag.replaceAll('"', '');
}
