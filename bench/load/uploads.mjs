import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

/** One request on a connection of its own, or the agent's; `chunks`: its body, written as fast as it is taken. Throws on another status. */
export async function exchange(url, { method = 'GET', headers = {}, chunks = [], agent = false, expect }) {
  const request = http.request(url, { method, headers, agent });
  const answered = once(request, 'response');
  answered.catch(() => undefined);
  for (const chunk of chunks) if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered]);
  request.end();
  const [response] = await answered;
  if (response.statusCode !== expect) {
    const text = Buffer.concat(await response.toArray())
      .toString()
      .slice(0, 200);
    throw new Error(`${method} ${url}: ${response.statusCode} ${text}`);
  }
  return response;
}

/** Begins an upload; answers where it is. */
export async function beginUpload(url, name, agent) {
  const options = { method: 'POST', headers: { 'Content-Length': 0 }, agent, expect: 202 };
  return locationOf(url, await exchange(new URL(`/v2/${name}/blobs/uploads/`, url), options));
}

/** Appends a stretch of a body in one PATCH; answers where the upload is then. */
export async function append(location, { chunks, from, to, agent }) {
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': to - from, 'Content-Range': `${from}-${to - 1}` };
  return locationOf(location, await exchange(location, { method: 'PATCH', headers, chunks, agent, expect: 202 }));
}

/** Closes an upload; the registry compares the digest. */
export async function close(location, digest) {
  location.searchParams.set('digest', digest);
  (await exchange(location, { method: 'PUT', headers: { 'Content-Length': 0 }, expect: 201 })).resume();
}

/** As docker does it: begun, streamed, closed. Answers the digest, which is taken of the bytes as they leave. */
export async function push(url, name, body) {
  const hash = createHash('sha256');
  const hashed = function* () {
    for (const chunk of body.chunks()) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const location = await append(await beginUpload(url, name), { chunks: hashed(), from: 0, to: body.bytes });
  const digest = `sha256:${hash.digest('hex')}`;
  await close(location, digest);
  return digest;
}

/** The digest of what the registry gives for a blob. */
export async function pulledDigest(url, name, digest) {
  const hash = createHash('sha256');
  for await (const bytes of await exchange(new URL(`/v2/${name}/blobs/${digest}`, url), { expect: 200 })) hash.update(bytes);
  return `sha256:${hash.digest('hex')}`;
}

/** Bytes that the registry says it has of an upload. */
export async function arrived(location) {
  const response = await exchange(location, { expect: 204 });
  response.resume();
  const end = Number(response.headers.range.split('-')[1]);
  return end === 0 ? 0 : end + 1;
}

function locationOf(base, response) {
  response.resume();
  return new URL(response.headers.location, base);
}
