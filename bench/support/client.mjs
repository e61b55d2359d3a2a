import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** HTTP with connections that stay open. */
export class Client {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

  constructor(url) {
    this.url = url;
  }

  /** Answers the body; throws on any status but the expected one. */
  async request(method, path, options) {
    return (await this.exchange(method, path, options)).body;
  }

  /** The same, answers the headers too. */
  exchange(method, path, { body, headers = {}, expect }) {
    return new Promise((resolve, reject) => {
      const length = body ? { 'Content-Length': body.length } : method === 'POST' || method === 'PUT' ? { 'Content-Length': 0 } : {};
      const request = http.request(
        new URL(path, this.url),
        { method, agent: this.#agent, headers: { ...length, ...headers } },
        (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = Buffer.concat(chunks);
            if (response.statusCode === expect) resolve({ headers: response.headers, body: answer });
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.toString().slice(0, 200)}`));
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /** A new image of one layer: two blobs and a manifest. */
  async push(name, tag, size) {
    const blobs = [randomBytes(16), randomBytes(size)];
    for (const bytes of blobs)
      await this.request('POST', `/v2/${name}/blobs/uploads/?digest=${digestOf(bytes)}`, { body: bytes, expect: 201 });
    const [config, layer] = blobs.map((bytes) => ({ mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length }));
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }));
    await this.request('PUT', `/v2/${name}/manifests/${tag}`, { body, headers: { 'Content-Type': manifestType }, expect: 201 });
  }

  /** A whole image by its tag; throws where a byte is wrong. */
  async pull(name, tag) {
    const manifest = JSON.parse(
      await this.request('GET', `/v2/${name}/manifests/${tag}`, { headers: { Accept: manifestType }, expect: 200 }),
    );
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      const bytes = await this.request('GET', `/v2/${name}/blobs/${digest}`, { expect: 200 });
      if (digestOf(bytes) !== digest) throw new Error(`${digest} is ${digestOf(bytes)}`);
    }
  }

  close() {
    this.#agent.destroy();
  }
}
