import { errorCatalog, type ErrorKind, type RegistryError } from '#oci';

/** The JSON every error answer carries (distribution-spec, "Error Codes"). */
export function errorBody(kind: ErrorKind, detail: Readonly<Record<string, unknown>> = {}): string {
  const { code, message } = errorCatalog[kind];
  return JSON.stringify({ errors: [{ code, message, detail }] });
}

/** The headers that belong to an error besides its body. */
export function errorHeaders({ kind, entry, detail }: RegistryError): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (entry.retryAfterSeconds) headers['retry-after'] = String(entry.retryAfterSeconds);
  // RFC 9110, section 15.5.17: how much there is.
  if (kind === 'rangeUnsatisfiable') headers['content-range'] = `bytes */${Number(detail?.['size'])}`;
  return headers;
}
