import { absent, there, type Journal, type Subject } from './journal.js';
import type { TortureClient } from './torture-client.js';

/** A statement is given up after 15 s. */
const settledWithinMs = 60_000;

/** Takes tags and blobs away. */
export class Removals {
  private readonly journal: Journal;

  constructor(private readonly client: TortureClient) {
    this.journal = client.journal;
  }

  /** True once it is acknowledged. */
  async remove(subject: Subject): Promise<boolean> {
    const change = subject.register.begin(absent);
    const path = subject.kind === 'blob' ? 'blobs' : 'manifests';
    const expect = [202, 404, ...(subject.kind === 'blob' ? [405] : [])];
    const reply = await this.client.ask('DELETE', `/v2/${subject.name}/${path}/${subject.id}`, { expect });
    if (reply.status === 202) {
      subject.register.acknowledge(change);
      this.journal.count(`acknowledged deletions of ${subject.kind}s`);
      return true;
    }
    if (reply.fate === 'unknown') subject.register.doubt(change, settledWithinMs);
    else this.journal.refused(subject, change);
    if (reply.status === 404) this.journal.saw(subject, absent, reply.from, reply.by);
    if (reply.status === 405) this.journal.saw(subject, there, reply.from, reply.by);
    return false;
  }
}
