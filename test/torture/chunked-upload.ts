import { randomBytes } from 'node:crypto';
import type { Exchange } from '../support/exchange.js';
import { targetOf } from '../support/registry.js';
import type { Reply, TortureClient } from './torture-client.js';
import type { Made } from './torture-content.js';

const mostFailures = 12;
/** What a rival announces and never sends whole. */
const rivalBytes = 3_000_000;

/** The bytes of one blob on their way into a session, each chunk by way of another replica; interrupted, they go on where the session says. */
export class ChunkedUpload {
  /** A writer of ours was overtaken by ourselves: bytes that don't belong here may have got in before. */
  hadRival = false;
  private readonly bytes: Buffer;
  private readonly begunAt = performance.now();
  private failures = 0;

  constructor(
    private readonly client: TortureClient,
    private readonly name: string,
    blob: Made,
  ) {
    this.bytes = blob.bytes();
  }

  /** Bytes were acknowledged that the session may lack: its row does not wait for the disk. */
  get mayLack(): boolean {
    return this.client.journal.crashedAt >= this.begunAt;
  }

  /** Answers the location of a session that has all of the bytes; null where it was lost, or given up. */
  async send(): Promise<string | null> {
    const begun = await this.client.ask('POST', `/v2/${this.name}/blobs/uploads/`, { expect: [202] });
    if (begun.status !== 202) return null;
    const location = targetOf(begun.response!);
    // One byte is the only offset that `Range` cannot tell from none.
    const chunks = this.bytes.length < 10 ? 1 : 1 + this.client.below(4);
    const size = Math.ceil(this.bytes.length / chunks);
    for (let offset = 0; offset < this.bytes.length;) {
      const next = await this.sendChunk(location, offset, Math.min(offset + size, this.bytes.length));
      if (next === null) return null;
      offset = next;
    }
    if (this.client.chance(0.04)) return this.forsake(location);
    return location;
  }

  /** Answers the offset from which to go on. */
  private async sendChunk(location: string, from: number, to: number): Promise<number | null> {
    const rival = this.client.chance(0.06) ? await this.startRival(location, from) : null;
    const reply = await this.client.ask('PATCH', location, {
      body: this.bytes.subarray(from, to),
      headers: { 'Content-Range': `${from}-${to - 1}` },
      expect: [202, 404, 416],
    });
    if (rival) void this.endRival(rival);
    if (reply.status === 202) {
      this.client.journal.count('acknowledged chunks');
      return this.offsetIn(reply, to);
    }
    if (reply.status === 404) return null;
    return this.ask(location);
  }

  /** A chunk that was acknowledged has to be there to its last byte. */
  private offsetIn(reply: Reply, to: number): number {
    const offset = rangeOf(reply);
    if (offset !== to) this.client.journal.violate(`PATCH to ${to} was acknowledged with ${reply.response!.need('Range')}`);
    return offset;
  }

  private async ask(location: string): Promise<number | null> {
    for (; this.failures < mostFailures; this.failures += 1) {
      const reply = await this.client.ask('GET', location, { expect: [204, 404] });
      if (reply.status === 404) return null;
      if (reply.status !== 204) continue;
      this.failures += 1;
      const offset = rangeOf(reply);
      // Nobody but a rival sends what isn't in the blob.
      if (offset > this.bytes.length && !this.hadRival)
        this.client.journal.violate(`a session has ${offset} of ${this.bytes.length} bytes`);
      return offset > this.bytes.length ? this.forsake(location) : offset;
    }
    return this.forsake(location);
  }

  /** Some clients say that they are gone. */
  private async forsake(location: string): Promise<null> {
    if (this.client.chance(0.5)) await this.client.ask('DELETE', location, { expect: [204, 404] });
    return null;
  }

  /** Another writer for the same place, with bytes of its own, that holds the lease and is slow. */
  private async startRival(location: string, from: number): Promise<Exchange | null> {
    this.hadRival = true;
    try {
      const headers = { 'Content-Length': String(rivalBytes), 'Content-Range': `${from}-${from + rivalBytes - 1}`, Expect: '100-continue' };
      const rival = await this.client.pick(this.client.replicas).http.open('PATCH', location, headers);
      await rival.continued;
      await rival.write(randomBytes(200_000));
      this.client.journal.count('writers overtaken');
      return rival;
    } catch {
      return null;
    }
  }

  /** It wakes up and writes on, or dies. */
  private async endRival(rival: Exchange): Promise<void> {
    if (this.client.chance(0.5)) await rival.write(randomBytes(rivalBytes - 200_000));
    else rival.cut();
    await rival.response.catch(() => undefined);
  }
}

function rangeOf(reply: Reply): number {
  const last = Number(reply.response!.need('Range').split('-')[1]);
  return last === 0 ? 0 : last + 1;
}
