import type { Digest } from '#oci';
import { anArtifact, anImage, anIndex } from '../support/builders.js';
import { describeBytes, type Content } from '../support/content.js';
import { BlobPushes } from './blob-pushes.js';
import { there, type Journal, type Subject } from './journal.js';
import { ManifestPushes } from './manifest-pushes.js';
import type { Reader } from './reader.js';
import { Removals } from './removals.js';
import type { TortureClient } from './torture-client.js';
import type { Made, TortureContent } from './torture-content.js';

export const repositories = ['torture/a', 'torture/b', 'torture/c', 'other/d'];
export const tags = ['v1', 'v2', 'v3', 'latest'];
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** One client that pushes, mounts, moves tags and deletes, beside others that do it to the same things. */
export class Writer {
  private readonly journal: Journal;
  private readonly blobs: BlobPushes;
  private readonly manifests: ManifestPushes;
  private readonly removals: Removals;
  /** Lately pushed, to be used, moved and deleted again. */
  private readonly recent: { name: string; content: Content }[] = [];
  private readonly recentBlobs: Subject[] = [];

  constructor(
    private readonly client: TortureClient,
    private readonly content: TortureContent,
    private readonly reader: Reader,
  ) {
    this.journal = client.journal;
    this.blobs = new BlobPushes(client);
    this.manifests = new ManifestPushes(client);
    this.removals = new Removals(client);
  }

  async step(): Promise<void> {
    const name = this.client.pick(repositories);
    const dice = this.client.random() * 100;
    if (dice < 26) await this.pushImage(name);
    else if (dice < 40) await this.pushBlob(name, this.client.chance(0.4) ? this.hot() : this.content.fresh());
    else if (dice < 46) await this.mount(name);
    else if (dice < 53) await this.pushArtifact();
    else if (dice < 58) await this.pushIndex();
    else if (dice < 63) await this.blobs.pushWrong(name, this.content.fresh(), this.content.nobodys());
    else if (dice < 72) await this.pushAgain();
    else if (dice < 79) await this.deleteTag(name);
    else if (dice < 87) await this.deleteManifest();
    else await this.deleteBlob(name);
  }

  private async pushImage(name: string): Promise<void> {
    const layers = [this.hot(), this.client.chance(0.5) ? this.hot() : this.content.fresh()];
    const config: Made = this.content.fresh();
    const descriptors = layers.map((layer) => ({ mediaType: layerType, digest: layer.digest, size: layer.size }));
    const image = anImage().with({
      config: { mediaType: 'application/octet-stream', digest: config.digest, size: config.size },
      layers: descriptors,
    });
    for (const blob of [...layers, config]) if (!(await this.provide(name, blob))) return;
    await this.pushManifest(name, image.build(), this.client.pick(tags));
  }

  /** Asks first, as clients do, then mounts or pushes. */
  private async provide(name: string, blob: Made): Promise<boolean> {
    const subject = this.journal.of('blob', name, blob.digest);
    if ((await this.reader.head(subject)) === there) return true;
    if (this.client.chance(0.3) && (await this.blobs.mount(name, blob.digest, this.client.pick(repositories)))) return true;
    return this.pushBlob(name, blob);
  }

  private async pushBlob(name: string, blob: Made): Promise<boolean> {
    const subject = this.journal.of('blob', name, blob.digest);
    const pushed = await this.reader.watching(subject, () => this.blobs.push(name, blob));
    if (pushed) remember(this.recentBlobs, subject);
    return pushed;
  }

  private async mount(name: string): Promise<void> {
    const { digest } = this.hot();
    const from = this.client.chance(0.7) ? this.client.pick(repositories) : undefined;
    await this.reader.watching(this.journal.of('blob', name, digest), () => this.blobs.mount(name, digest, from));
  }

  private async pushArtifact(): Promise<void> {
    const about = this.pickRecent();
    if (!about) return;
    const empty = Buffer.from('{}');
    const config = { digest: describeBytes(empty, '').digest, size: empty.length, bytes: () => empty };
    const layer = this.content.fresh();
    for (const blob of [config, layer]) if (!(await this.provide(about.name, blob))) return;
    const artifact = anArtifact().withSubject(about.content);
    const layers = [{ mediaType: layerType, digest: layer.digest, size: layer.size }];
    if (await this.pushManifest(about.name, artifact.with({ layers }).build(), null, about.content.digest)) {
      await this.reader.referrers(about.name, about.content.digest);
    }
  }

  private async pushIndex(): Promise<void> {
    const child = this.pickRecent();
    if (!child) return;
    const index = anIndex()
      .listing(child.content.descriptor)
      .annotated({ nonce: String(this.client.random()) });
    await this.pushManifest(child.name, index.build(), this.client.chance(0.5) ? this.client.pick(tags) : null);
  }

  /** The same manifest once more, perhaps under another tag: tags move back, what was deleted comes again. */
  private async pushAgain(): Promise<void> {
    const again = this.pickRecent();
    if (again) await this.pushManifest(again.name, again.content, this.client.chance(0.8) ? this.client.pick(tags) : null);
  }

  private async pushManifest(name: string, content: Content, tag: string | null, subject?: Digest): Promise<boolean> {
    const changed = tag === null ? this.journal.of('manifest', name, content.digest) : this.journal.of('tag', name, tag);
    const pushed = await this.reader.watching(changed, () => this.manifests.push(name, content, { tag, subject }));
    if (pushed) remember(this.recent, { name, content });
    return pushed;
  }

  private async deleteTag(name: string): Promise<void> {
    const tag = this.journal.of('tag', name, this.client.pick(tags));
    await this.reader.watching(tag, () => this.removals.remove(tag));
  }

  private async deleteManifest(): Promise<void> {
    const chosen = this.pickRecent();
    if (!chosen) return;
    const { name, content } = chosen;
    await this.reader.watching(this.journal.of('manifest', name, content.digest), () => this.manifests.delete(name, content.digest));
  }

  private async deleteBlob(name: string): Promise<void> {
    const lately = this.recentBlobs.length > 0 && this.client.chance(0.7);
    const blob = lately ? this.client.pick(this.recentBlobs) : this.journal.of('blob', name, this.hot().digest);
    await this.reader.watching(blob, () => this.removals.remove(blob));
  }

  private hot(): Made {
    return this.client.pick(this.content.hot);
  }

  private pickRecent(): { name: string; content: Content } | undefined {
    return this.recent.length > 0 ? this.client.pick(this.recent) : undefined;
  }
}

function remember<T>(recent: T[], one: T): void {
  recent.push(one);
  if (recent.length > 12) recent.shift();
}
