import { anImage } from '../../support/builders.js';
import { digestBytes, type Content } from '../../support/content.js';
import { targetOf, withQuery, type Registry } from '../../support/registry.js';
import { Acknowledged } from './acknowledged.js';

/** A client that pushes images to a repository of its own without end, and remembers what the registry has said yes to. */
export class PushLoop {
  private readonly tags = new Map<string, Set<string>>();
  private readonly all: Acknowledged;
  private fresh: Acknowledged;
  private over = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly name: string,
  ) {
    this.all = new Acknowledged(name, this.tags);
    this.fresh = new Acknowledged(name, this.tags);
  }

  get acknowledged(): number {
    return this.all.size;
  }

  start(): void {
    this.over = false;
    this.running = this.loop();
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.running;
  }

  /** Damage to what was acknowledged since the last check. */
  async damage(): Promise<string[]> {
    const { fresh } = this;
    this.fresh = new Acknowledged(this.name, this.tags);
    this.all.add(fresh);
    return fresh.damage(this.registry);
  }

  /** Damage to anything that was ever acknowledged. */
  async damageToAll(): Promise<string[]> {
    return this.all.damage(this.registry);
  }

  private async loop(): Promise<void> {
    for (let at = 0; !this.over; at++) {
      const size = [300, 20_000, 400_000, 1_500_000][at % 4];
      try {
        await this.push(anImage().withLayers(2, size).build(), `t${at % 5}`);
      } catch {
        // The registry is gone, or going: a client tries again.
        await new Promise((resume) => setTimeout(resume, 20));
      }
    }
  }

  private async push(image: Content, tag: string): Promise<void> {
    for (const [way, blob] of image.blobs.entries()) {
      const digest = digestBytes(blob);
      if (await this.pushBlob(blob, digest, way)) this.fresh.blob(digest, blob.length);
    }
    this.fresh.tagging(tag, image);
    const answer = await this.registry.putManifest(this.name, tag, image);
    if (answer.status === 201) this.fresh.tagged(tag, image);
  }

  /** By turns in one request, in two, and in chunks of which the last comes with the closing one. */
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
