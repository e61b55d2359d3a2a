import { anImage } from '../../support/builders.js';
import { digestBytes, type Content } from '../../support/content.js';
import type { HttpResponse } from '../../support/http-response.js';
import { targetOf, withQuery, type Registry } from '../../support/registry.js';
import { eventually } from './eventually.js';

interface AcknowledgedTag {
  readonly digest: string;
  /** A push under way when the registry was killed: its tag may have moved already. */
  attempted?: string;
}

/** A client that pushes images without end and remembers what the registry has said yes to. */
export class PushLoop {
  readonly blobs = new Map<string, number>();
  readonly manifests = new Map<string, Buffer>();
  readonly tags = new Map<string, AcknowledgedTag>();
  private over = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    readonly name: string,
  ) {}

  start(): void {
    this.over = false;
    this.running = this.loop();
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.running;
  }

  private async loop(): Promise<void> {
    for (let at = 0; !this.over; at++) {
      const size = [300, 20_000, 400_000, 3_000_000][at % 4];
      try {
        await this.push(anImage().withLayers(2, size).build(), `t${at % 5}`);
      } catch {
        // The registry is gone, or going: a client tries again.
        await new Promise((resume) => setTimeout(resume, 20));
      }
    }
  }

  private async push(image: Content, tag: string): Promise<void> {
    for (const [at, blob] of image.blobs.entries()) {
      const digest = digestBytes(blob);
      if (await this.pushBlob(blob, digest, at)) this.blobs.set(digest, blob.length);
    }
    const before = this.tags.get(tag);
    this.tags.set(tag, { digest: before?.digest ?? '', attempted: image.digest });
    const answer = await this.registry.putManifest(this.name, tag, image);
    if (answer.status === 201) {
      this.manifests.set(image.digest, image.bytes);
      this.tags.set(tag, { digest: image.digest });
    }
  }

  /** By turns in one request, in two, and in chunks that a worker has to read again. */
  private async pushBlob(blob: Buffer, digest: string, way: number): Promise<boolean> {
    const { http } = this.registry;
    if (way === 0) return (await http.post(`/v2/${this.name}/blobs/uploads/?digest=${digest}`, blob)).status === 201;
    const location = await this.registry.startUpload(this.name);
    const middle = way === 1 ? blob.length : Math.floor(blob.length / 2);
    const patched = await http.patch(location, blob.subarray(0, middle));
    if (patched.status !== 202) return false;
    return (await http.put(withQuery(targetOf(patched), { digest }), blob.subarray(middle))).status === 201;
  }
}

/** Reads everything that was acknowledged and answers what is missing or wrong. */
export async function findDamage(registry: Registry, { name, blobs, manifests, tags }: PushLoop): Promise<string[]> {
  const damage: string[] = [];
  for (const [digest, size] of blobs) {
    const { status, body } = await patiently(() => registry.http.get(`/v2/${name}/blobs/${digest}`));
    if (status !== 200 || body.length !== size || digestBytes(body) !== digest)
      damage.push(`blob ${digest}: ${status}, ${body.length} of ${size} bytes`);
  }
  for (const [digest, bytes] of manifests) {
    const { status, body } = await patiently(() => registry.http.get(`/v2/${name}/manifests/${digest}`));
    if (status !== 200 || !body.equals(bytes)) damage.push(`manifest ${digest}: ${status}`);
  }
  for (const [tag, { digest, attempted }] of tags) {
    const answer = await patiently(() => registry.http.head(`/v2/${name}/manifests/${tag}`));
    const found = answer.header('Docker-Content-Digest') ?? '';
    if (found !== digest && found !== attempted) damage.push(`tag ${tag}: ${answer.status} ${found} instead of ${digest}`);
  }
  return damage;
}

/** Asks again while the registry is on its way up. */
function patiently(ask: () => Promise<HttpResponse>): Promise<HttpResponse> {
  return eventually(async () => {
    const answer = await ask();
    if (answer.status === 503) throw new Error(`still unavailable: ${answer.text()}`);
    return answer;
  });
}
