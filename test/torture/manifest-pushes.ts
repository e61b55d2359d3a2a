import { mediaTypes, type Digest } from '#oci';
import type { Content } from '../support/content.js';
import { absent, there, type Journal, type Subject } from './journal.js';
import type { Change } from './register.js';
import type { Reply, TortureClient } from './torture-client.js';

/** A statement is given up after 15 s. */
const settledWithinMs = 60_000;

interface Asked {
  readonly subject: Subject;
  readonly change: Change;
}

interface ManifestBody {
  readonly config?: { readonly digest: Digest };
  readonly layers?: readonly { readonly digest: Digest }[];
  readonly manifests?: readonly { readonly digest: Digest }[];
}

/** Pushes and deletes manifests: one request that changes several things at once, or none. */
export class ManifestPushes {
  private readonly journal: Journal;

  constructor(private readonly client: TortureClient) {
    this.journal = client.journal;
  }

  /** True once it is acknowledged; `tag` null: by digest. */
  async push(name: string, content: Content, { tag, subject }: { tag: string | null; subject?: Digest }): Promise<boolean> {
    const { bytes, digest, mediaType } = content;
    if (subject) this.journal.refer(name, digest, subject);
    const asked = [this.begin(this.journal.of('manifest', name, digest), there)];
    if (tag !== null) asked.push(this.begin(this.journal.of('tag', name, tag), digest));
    const target = `/v2/${name}/manifests/${tag ?? digest}`;
    const reply = await this.client.ask('PUT', target, { body: bytes, headers: { 'Content-Type': mediaType }, expect: [201, 400] });
    if (reply.status === 201) {
      for (const { subject: one, change } of asked) one.register.acknowledge(change);
      for (const part of this.partsOf(name, content)) this.journal.saw(part, there, reply.from, `the push of ${digest} at ${reply.by}`);
      this.journal.count(`acknowledged manifests${tag === null ? '' : ' with a tag'}`);
      return true;
    }
    this.end(asked, reply);
    if (reply.status === 400) this.judgeMissing(name, content, reply);
    return false;
  }

  /** With it go the tags that point to it. True once it is acknowledged. */
  async delete(name: string, digest: Digest): Promise<boolean> {
    const manifest = this.journal.of('manifest', name, digest);
    const asked = this.begin(manifest, absent);
    const tags = this.journal.all
      .filter((subject) => subject.kind === 'tag' && subject.name === name)
      .map((tag) => this.begin(tag, absent));
    const reply = await this.client.ask('DELETE', `/v2/${name}/manifests/${digest}`, { expect: [202, 404, 405] });
    if (reply.status === 202) {
      manifest.register.acknowledge(asked.change);
      for (const { subject, change } of tags) {
        subject.register.happened(change);
        subject.register.wasNot(digest, reply.from);
      }
      this.journal.count('acknowledged deletions of manifests');
      return true;
    }
    this.end([asked, ...tags], reply);
    if (reply.status === 404) this.journal.saw(manifest, absent, reply.from, reply.by);
    if (reply.status === 405) this.journal.saw(manifest, there, reply.from, reply.by);
    return false;
  }

  private begin(subject: Subject, value: string): Asked {
    return { subject, change: subject.register.begin(value) };
  }

  /** Nothing was changed, or nobody knows. */
  private end(asked: readonly Asked[], { fate }: Reply): void {
    for (const { subject, change } of asked) {
      if (fate === 'unknown') subject.register.doubt(change, settledWithinMs);
      else this.journal.refused(subject, change);
    }
  }

  /** Refused for what it references: exactly that must have been missing. */
  private judgeMissing(name: string, content: Content, reply: Reply): void {
    const missing = new Set((reply.response!.detail()['missing'] ?? []) as string[]);
    if (missing.size === 0) this.journal.violate(`PUT manifest: ${reply.response!.text().slice(0, 300)}`);
    for (const part of this.partsOf(name, content)) if (missing.has(part.id)) this.journal.saw(part, absent, reply.from, reply.by);
  }

  private partsOf(name: string, content: Content): Subject[] {
    const { config, layers = [], manifests = [] } = JSON.parse(content.bytes.toString()) as ManifestBody;
    const blobs = [...(config ? [config] : []), ...layers].map(({ digest }) => this.journal.of('blob', name, digest));
    const isIndex = content.mediaType === mediaTypes.ociIndex;
    return isIndex ? manifests.map(({ digest }) => this.journal.of('manifest', name, digest)) : blobs;
  }
}
