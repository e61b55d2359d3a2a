import { headerOf } from './response-reader.mjs';
import { manifestType } from './content.mjs';

const octets = 'Content-Type: application/octet-stream\r\n';
export const acceptManifest = `Accept: ${manifestType}\r\n`;

/** Sends a request whose answer must have this status, else throws. */
export async function ask(connection, expected, [method, path, message]) {
  const answer = await connection.request(method, path, message);
  if (answer.status !== expected) throw new Error(`${method} ${path.replace(/[0-9a-f]{16,}.*/, '…')}: ${answer.status}, not ${expected}`);
  return answer;
}

/** Opens an upload and answers where it goes on. */
export async function beginUpload(connection, repository) {
  return locationOf(await ask(connection, 202, ['POST', `/v2/${repository}/blobs/uploads/`]));
}

/** POST, PATCH, PUT: as docker pushes. */
export async function pushBlob(connection, repository, blob) {
  const begun = await beginUpload(connection, repository);
  const sent = await ask(connection, 202, ['PATCH', begun, { headers: octets, body: blob }]);
  await ask(connection, 201, ['PUT', withDigest(locationOf(sent), blob.digest)]);
}

export async function cancelUpload(connection, location) {
  await ask(connection, 204, ['DELETE', location]);
}

export async function mountBlob(connection, { digest, from, into }) {
  await ask(connection, 201, ['POST', `/v2/${into}/blobs/uploads/?mount=${digest}&from=${from}`]);
}

export async function putManifest(connection, repository, { reference, body }) {
  const headers = `Content-Type: ${manifestType}\r\n`;
  await ask(connection, 201, ['PUT', `/v2/${repository}/manifests/${reference}`, { headers, body }]);
}

/** Without the host: the connection has one. */
function locationOf({ head }) {
  return headerOf(head, 'location').replace(/^https?:\/\/[^/]+/, '');
}

function withDigest(location, digest) {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
}
