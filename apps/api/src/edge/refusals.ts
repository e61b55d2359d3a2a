import type { IncomingMessage } from 'node:http';
import { RegistryError } from '#oci';
import { allowedMethods } from './routes.js';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** What is said to a request before anything else of it is looked at; null where it may go on. */
export function refusalOf({ method = '', url = '', headers, httpVersion }: IncomingMessage): RegistryError | null {
  // RFC 9112, section 3.2: HTTP/1.1 says which host is meant, be it none.
  if (headers.host === undefined && httpVersion === '1.1') return new RegistryError('requestInvalid', { reason: 'no Host header' });
  if (!methods.has(method)) return new RegistryError(allowedMethods(url) ? 'methodUnsupported' : 'resourceUnknown');
  const coding = headers['transfer-encoding'];
  // Node undoes the chunks and nothing else; what is left would be stored as if it were the content.
  if (coding !== undefined && !/^chunked$/i.test(coding))
    return new RegistryError('requestInvalid', { transferEncoding: coding.slice(0, 100) });
  const { expect } = headers;
  if (expect !== undefined && !/^100-continue$/i.test(expect))
    return new RegistryError('expectationUnknown', { expect: expect.slice(0, 100) });
  return null;
}
