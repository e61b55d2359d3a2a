import type { HttpResponse } from '../support/http-response.js';

/** Distribution-spec, "Error Codes": nothing else goes with a 4xx. */
export const specCodes: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'UNSUPPORTED',
  'TOOMANYREQUESTS',
]);
const dockerCodes: ReadonlySet<string> = new Set(['UNKNOWN', 'UNAVAILABLE']);

/** What holds for each and every answer under /v2/; throws where it doesn't. */
export function checkEveryAnswer({ method, target }: { method: string; target: string }, response: HttpResponse): void {
  if (!/^\/v2(\/|$)/.test(target)) return;
  const complaints: string[] = [];
  const demand = (holds: boolean, what: string) => void (holds || complaints.push(what));
  demand(response.header('Docker-Distribution-API-Version') === 'registry/2.0', 'Docker-Distribution-API-Version: registry/2.0 is missing');
  demand(response.header('X-Content-Type-Options') === 'nosniff', 'X-Content-Type-Options: nosniff is missing');
  demand(!response.header('Location') || response.need('Location').startsWith('/'), 'the Location is not a relative path');
  if (response.status >= 400 && method === 'HEAD') demand(response.body.length === 0, 'a HEAD answer has a body');
  else if (response.status >= 400) checkErrorBody(response, demand);
  if (complaints.length)
    throw new Error(`${method} ${target} → ${response.status}: ${complaints.join('; ')}\n${response.text().slice(0, 500)}`);
}

function checkErrorBody(response: HttpResponse, demand: (holds: boolean, what: string) => void): void {
  const codes = response.codes();
  const allowed = response.status < 500 ? specCodes : dockerCodes;
  demand(/^application\/json\b/.test(response.header('Content-Type') ?? ''), 'the error is not application/json');
  demand(codes.length > 0, 'the body is not {"errors":[…]}');
  demand(
    codes.every((code) => allowed.has(code)),
    `codes ${codes.join()} are not for a ${response.status}`,
  );
  if (response.status === 503) demand(Number(response.header('Retry-After')) > 0, 'Retry-After is missing');
}
