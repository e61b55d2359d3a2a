import { digestBytes, type Content } from '../../support/content.js';
import type { HttpResponse } from '../../support/http-response.js';
import type { Registry } from '../../support/registry.js';
import { eventually } from './eventually.js';

/** What a registry has said yes to in one repository, and therefore must not lose. */
export class Acknowledged {
  private readonly blobs = new Map<string, number>();
  private readonly manifests = new Map<string, Buffer>();

  /** `tags`: the digests that each may point to: the acknowledged one, and any that was on its way when the registry died; '' for none. */
  constructor(
    private readonly name: string,
    private readonly tags: Map<string, Set<string>>,
  ) {}

  get size(): number {
    return this.blobs.size + this.manifests.size;
  }

  blob(digest: string, size: number): void {
    this.blobs.set(digest, size);
  }

  tagging(tag: string, image: Content): void {
    this.tags.set(tag, (this.tags.get(tag) ?? new Set([''])).add(image.digest));
  }

  tagged(tag: string, image: Content): void {
    this.manifests.set(image.digest, image.bytes);
    this.tags.set(tag, new Set([image.digest]));
  }

  /** Takes over what another one knows. */
  add(other: Acknowledged): void {
    for (const [digest, size] of other.blobs) this.blobs.set(digest, size);
    for (const [digest, bytes] of other.manifests) this.manifests.set(digest, bytes);
  }

  /** Reads all of it back and answers what is missing or wrong. */
  async damage(registry: Registry): Promise<string[]> {
    const damage: string[] = [];
    for (const [digest, size] of this.blobs) {
      const { status, body } = await patiently(() => registry.http.get(`/v2/${this.name}/blobs/${digest}`));
      if (digestBytes(body) !== digest) damage.push(`blob ${digest}: ${status}, ${body.length} of ${size} bytes`);
    }
    for (const [digest, bytes] of this.manifests) {
      const { status, body } = await patiently(() => registry.http.get(`/v2/${this.name}/manifests/${digest}`));
      if (status !== 200 || !body.equals(bytes)) damage.push(`manifest ${digest}: ${status}`);
    }
    for (const [tag, possible] of this.tags) {
      const answer = await patiently(() => registry.http.head(`/v2/${this.name}/manifests/${tag}`));
      const found = answer.header('Docker-Content-Digest') ?? '';
      if (!possible.has(found)) damage.push(`tag ${tag}: ${answer.status} ${found} instead of ${[...possible].join(' or ')}`);
    }
    return damage;
  }
}

/** Asks again while the registry is on its way up. */
function patiently(ask: () => Promise<HttpResponse>): Promise<HttpResponse> {
  return eventually(async () => {
    const answer = await ask();
    if (answer.status === 503) throw new Error(`still unavailable: ${answer.text()}`);
    return answer;
  });
}
