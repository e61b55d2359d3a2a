import { acceptManifests } from '../support/registry.js';
import { digestBytes } from '../support/content.js';
import type { HttpResponse } from '../support/http-response.js';
import { absent, there, type Journal, type Subject } from './journal.js';
import type { Ask, Reply, TortureClient } from './torture-client.js';
import type { Registry } from '../support/registry.js';

/** What is read most: the youngest things. */
const young = 60;

/** Reads things on replicas by chance and tells the journal what it saw. */
export class Reader {
  private readonly journal: Journal;

  constructor(private readonly client: TortureClient) {
    this.journal = client.journal;
  }

  async step(): Promise<void> {
    const { all } = this.journal;
    if (all.length === 0) return;
    const subject = this.client.chance(0.5) ? all[all.length - 1 - this.client.below(Math.min(young, all.length))]! : this.client.pick(all);
    const dice = this.client.random();
    if (dice < 0.2 && subject.kind === 'tag') await this.tags(subject.name);
    else if (dice < 0.3 && subject.kind === 'manifest') await this.referrers(subject.name, subject.id);
    else if (dice < 0.5) await this.head(subject);
    else await this.look(subject);
  }

  /** Its whole content; answers what it is, or null where nobody said. */
  async look(subject: Subject, at?: Registry): Promise<string | null> {
    const reply = await this.ask('GET', subject, at);
    if (reply.status !== 200) return this.conclude(subject, reply);
    const digest = digestBytes(reply.response!.body);
    if (subject.kind === 'tag') return this.lookAtTagged(subject, reply, digest);
    if (digest !== subject.id) this.journal.violate(`${reply.by}: wrong bytes: ${subject.kind} ${subject.name} ${subject.id} is ${digest}`);
    return this.conclude(subject, reply);
  }

  async head(subject: Subject, at?: Registry): Promise<string | null> {
    return this.conclude(subject, await this.ask('HEAD', subject, at));
  }

  /** All tags of a repository at once. */
  async tags(name: string, at?: Registry): Promise<void> {
    const subjects = this.journal.all.filter((subject) => subject.kind === 'tag' && subject.name === name);
    const reply = await this.get(`/v2/${name}/tags/list`, { expect: [200, 404] }, at);
    if (reply.status !== 200 && reply.status !== 404) return;
    const listed = new Set(reply.status === 200 ? reply.response!.json<{ tags: string[] }>().tags : []);
    for (const subject of subjects) {
      if (!listed.has(subject.id)) this.journal.saw(subject, absent, reply.from, `${reply.by} in its list`);
      // Which digest it points to isn't said.
      else this.journal.sawAny(subject, reply.from, `${reply.by} in its list`);
    }
  }

  /** All referrers of a manifest at once. */
  async referrers(name: string, digest: string, at?: Registry): Promise<void> {
    const known = this.journal.referrersOf(name, digest);
    const reply = await this.get(`/v2/${name}/referrers/${digest}`, { expect: [200, 404] }, at);
    // A list in several pages is not one answer.
    if (reply.status !== 200 || reply.response!.header('Link')) return;
    const listed = new Set(reply.response!.json<{ manifests: { digest: string }[] }>().manifests.map((one) => one.digest));
    for (const subject of known)
      this.journal.saw(subject, listed.has(subject.id) ? there : absent, reply.from, `${reply.by} among referrers`);
    this.journal.count('lists of referrers checked');
  }

  /** What is acknowledged, each replica has to know at once, also one that knew something else a moment ago. */
  async watching(subject: Subject, write: () => Promise<boolean>): Promise<boolean> {
    const looks = this.client.chance(0.5);
    if (looks) await this.lookEverywhere(subject);
    const done = await write();
    if (looks && done) await this.lookEverywhere(subject);
    if (looks && done) this.journal.count('writes looked for on each replica at once');
    return done;
  }

  private async lookEverywhere(subject: Subject): Promise<void> {
    await Promise.all(this.client.replicas.map((replica) => this.look(subject, replica)));
  }

  private lookAtTagged(tag: Subject, reply: Reply, digest: string): string {
    const stated = reply.response!.need('Docker-Content-Digest');
    if (stated !== digest) this.journal.violate(`${reply.by}: wrong bytes: ${tag.name}:${tag.id} is ${digest}, and said to be ${stated}`);
    this.journal.saw(tag, digest, reply.from, reply.by);
    this.journal.saw(this.journal.of('manifest', tag.name, digest), there, reply.from, `${reply.by} by its tag`);
    return digest;
  }

  private conclude(subject: Subject, reply: Reply): string | null {
    if (reply.status !== 200 && reply.status !== 404) return null;
    const value = reply.status === 404 ? absent : valueOf(subject, reply.response!);
    this.journal.saw(subject, value, reply.from, reply.by);
    return value;
  }

  private ask(method: string, { kind, name, id }: Subject, at?: Registry): Promise<Reply> {
    const headers = kind === 'blob' ? {} : acceptManifests;
    const target = `/v2/${name}/${kind === 'blob' ? 'blobs' : 'manifests'}/${id}`;
    return this.client.ask(method, target, { headers, expect: [200, 404] }, at);
  }

  private get(target: string, ask: Ask, at?: Registry): Promise<Reply> {
    return this.client.ask('GET', target, ask, at);
  }
}

function valueOf(subject: Subject, response: HttpResponse): string {
  return subject.kind === 'tag' ? response.need('Docker-Content-Digest') : there;
}
