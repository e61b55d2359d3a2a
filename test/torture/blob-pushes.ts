import type { Digest } from '#oci';
import { targetOf, withQuery } from '../support/registry.js';
import { there, type Journal } from './journal.js';
import type { Change } from './register.js';
import { ChunkedUpload } from './chunked-upload.js';
import type { Reply, TortureClient } from './torture-client.js';
import type { Made } from './torture-content.js';

/** A statement is given up after 15 s, a request to storage after a minute. */
const settledWithinMs = 120_000;
const mostTries = 8;

/** Pushes blobs in every way there is. A change begins before the request that may bring the blob about, and never before its bytes are sent. */
export class BlobPushes {
  private readonly journal: Journal;

  constructor(private readonly client: TortureClient) {
    this.journal = client.journal;
  }

  /** True once it is acknowledged. */
  async push(name: string, blob: Made): Promise<boolean> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const fate = this.client.chance(0.3) ? await this.atOnce(name, blob) : await this.inASession(name, blob);
      if (fate) return true;
    }
    this.journal.count('pushes given up');
    return false;
  }

  /** Bytes under a digest that isn't theirs; nothing of it may ever be seen. */
  async pushWrong(name: string, blob: Made, wrong: Digest): Promise<void> {
    this.journal.of('blob', name, wrong);
    const location = await new ChunkedUpload(this.client, name, blob).send();
    if (!location) return;
    const reply = await this.client.ask('PUT', withQuery(location, { digest: wrong }), { expect: [400, 404, 416] });
    if (reply.status === 400) this.journal.count('wrong digests refused');
  }

  /** True where it was mounted. */
  async mount(name: string, digest: Digest, from?: string): Promise<boolean> {
    const subject = this.journal.of('blob', name, digest);
    const change = subject.register.begin(there);
    const query = { mount: digest, ...(from !== undefined && { from }) };
    const reply = await this.client.ask('POST', withQuery(`/v2/${name}/blobs/uploads/`, query), { expect: [201, 202] });
    if (reply.status === 201) return this.acknowledge(name, digest, change, 'mounts');
    if (reply.fate === 'unknown') subject.register.doubt(change, settledWithinMs);
    else this.journal.refused(subject, change);
    // Who may not mount has a session instead; some clients forget about it.
    if (reply.status === 202 && this.client.chance(0.5)) await this.cancel(targetOf(reply.response!));
    return false;
  }

  private async atOnce(name: string, blob: Made): Promise<boolean> {
    const { register } = this.journal.of('blob', name, blob.digest);
    const change = register.begin(there);
    const target = withQuery(`/v2/${name}/blobs/uploads/`, { digest: blob.digest });
    const reply = await this.client.ask('POST', target, { body: blob.bytes(), expect: [201] });
    return this.conclude(name, blob.digest, change, reply);
  }

  private async inASession(name: string, blob: Made): Promise<boolean> {
    // Known from now on, so that readers look for what must not be there yet.
    const subject = this.journal.of('blob', name, blob.digest);
    const upload = new ChunkedUpload(this.client, name, blob);
    const location = await upload.send();
    if (!location) return false;
    const change = subject.register.begin(there);
    let reply: Reply | undefined;
    let doubtful = false;
    for (let tries = 0; tries < mostTries && reply?.status !== 201; tries += 1) {
      reply = await this.client.ask('PUT', withQuery(location, { digest: blob.digest }), { expect: [201, 400, 404, 416] });
      // 404 and 416: it is gone, or somebody else's.
      if (reply.status === 400) this.judgeRefusal(upload, reply);
      if (reply.status >= 400 && reply.status < 500) break;
      doubtful ||= reply.fate === 'unknown';
    }
    if (reply?.status === 201) return this.acknowledge(name, blob.digest, change, 'blobs pushed in sessions');
    // A verdict may come at any time, unless nothing of it ever arrived.
    if (doubtful) subject.register.doubt(change);
    else this.journal.refused(subject, change);
    return false;
  }

  /** The right digest is refused only where other bytes got in between, or some got lost. */
  private judgeRefusal({ hadRival, mayLack }: ChunkedUpload, reply: Reply): void {
    if (hadRival) this.journal.count('uploads spoilt by a writer that was overtaken');
    else if (mayLack) this.journal.count('uploads that lost their last chunks with PostgreSQL');
    else this.journal.violate(`${reply.by}: right bytes were refused: ${reply.response!.text().slice(0, 400)}`);
  }

  private conclude(name: string, digest: Digest, change: Change, reply: Reply): boolean {
    const subject = this.journal.of('blob', name, digest);
    if (reply.fate === 'done') return this.acknowledge(name, digest, change, 'blobs pushed at once');
    // The bytes of a session that was begun on the way may be verified later.
    if (reply.fate === 'unknown') subject.register.doubt(change);
    else this.journal.refused(subject, change);
    return false;
  }

  private acknowledge(name: string, digest: Digest, change: Change, what: string): true {
    this.journal.of('blob', name, digest).register.acknowledge(change);
    this.journal.count(`acknowledged ${what}`);
    return true;
  }

  private async cancel(location: string): Promise<void> {
    await this.client.ask('DELETE', location, { expect: [204, 404] });
  }
}
