import { errorCatalog, type ErrorKind } from '#oci';

/** The JSON every error answer carries (distribution-spec, "Error Codes"). */
export function errorBody(kind: ErrorKind, detail: Readonly<Record<string, unknown>> = {}): string {
  const { code, message } = errorCatalog[kind];
  return JSON.stringify({ errors: [{ code, message, detail }] });
}

/** The headers that belong to an error besides its body. */
export function errorHeaders(kind: ErrorKind): Record<string, string> {
  const { retryAfterSeconds } = errorCatalog[kind];
  return { 'content-type': 'application/json', ...(retryAfterSeconds ? { 'retry-after': String(retryAfterSeconds) } : {}) };
}
