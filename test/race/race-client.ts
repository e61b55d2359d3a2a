import { randomUUID } from 'node:crypto';
import type { Digest } from '#oci';
import { digestBytes } from '../support/content.js';
import type { HttpResponse } from '../support/http-response.js';
import { targetOf, withQuery, type Registry } from '../support/registry.js';
import type { Entry, Ledger } from './ledger.js';
import { imageOf, indexOf, raceBlobs, type RaceBlob, type RaceManifest } from './race-content.js';

export const raceNames = ['race/a', 'race/b', 'other/c'];
const tags = ['a', 'b', 'c', 'latest'];
const mostTries = 200;
const mostLive = 16;

export interface RaceRules {
  readonly graceSeconds: number;
  readonly random: () => number;
}

/** One of many clients that push, mount, pull, tag and delete the same few things, and know what they may expect. */
export class RaceClient {
  constructor(
    private readonly registry: Registry,
    private readonly ledger: Ledger,
    private readonly rules: RaceRules,
  ) {}

  async step(): Promise<void> {
    const name = this.pick(raceNames);
    const dice = this.rules.random() * 100;
    // Few live manifests leave many blobs to collect.
    if (this.ledger.size > mostLive) await this.deleteSome(this.ledger.size - mostLive / 2);
    else if (dice < 38) await this.pushImage(name);
    else if (dice < 46) await this.pushBlob(name, this.hot());
    else if (dice < 54) await this.mount(name, this.hot());
    else if (dice < 57) await this.pushIndex(name);
    else if (dice < 70) await this.pull(name);
    else if (dice < 76) await this.pullPromised();
    else if (dice < 84) await this.deleteSome(2);
    else if (dice < 90) await this.deleteDoubtful();
    else if (dice < 94) await this.deleteTag(name);
    else await this.deleteBlob(name);
  }

  /** Pulls everything that is promised. */
  async verify(entry: Entry): Promise<void> {
    const { name, manifest } = entry;
    const answer = await this.registry.http.get(`/v2/${name}/manifests/${manifest.digest}`);
    const damage = answer.body.equals(manifest.bytes) ? [] : [`manifest ${answer.status}`];
    for (const { digest } of manifest.blobs) {
      const blob = await this.registry.http.get(`/v2/${name}/blobs/${digest}`);
      if (blob.status !== 200 || digestBytes(blob.body) !== digest)
        damage.push(`blob ${digest}: ${blob.status}, ${blob.body.length} bytes`);
    }
    if (damage.length > 0 && this.ledger.holds(entry)) this.ledger.violate(`acknowledged ${name}@${manifest.digest}: ${damage.join(', ')}`);
    this.ledger.count('acknowledged manifests pulled');
  }

  private async pullPromised(): Promise<void> {
    const entries = this.ledger.entries();
    if (entries.length > 0) await this.verify(this.pick(entries));
  }

  /** As clients push: ask for each blob, mount or upload what is missing, then the manifest; told that a blob is unknown, all over again. */
  private async pushImage(name: string): Promise<void> {
    const layers = [...new Set(Array.from({ length: 1 + this.below(3) }, () => this.hot()))];
    const image = imageOf(layers, this.rules.random() < 0.5 ? 'everybody’s' : randomUUID());
    for (let tries = 1; tries <= mostTries; tries += 1) {
      const promised = new Map<Digest, number>();
      for (const blob of image.blobs) promised.set(blob.digest, await this.provide(name, blob));
      if (this.rules.graceSeconds > 0 && this.rules.random() < 0.2) await pause(this.rules.random() * this.rules.graceSeconds * 500);
      if (await this.putManifest(name, image, promised)) return;
      this.ledger.count('pushes begun again');
    }
    this.ledger.violate(`${mostTries} tries were not enough for one push`);
  }

  /** Answers since when the registry has promised to have the blob. */
  private async provide(name: string, blob: RaceBlob): Promise<number> {
    const asked = performance.now();
    const head = await this.registry.http.head(`/v2/${name}/blobs/${blob.digest}`);
    this.expect(head, [200, 404], `HEAD ${name} ${blob.digest}`);
    if (head.status === 200) return asked;
    const from = performance.now();
    if (this.rules.random() < 0.5 && (await this.mount(name, blob))) return from;
    return this.pushBlob(name, blob);
  }

  private async pushBlob(name: string, blob: RaceBlob): Promise<number> {
    const { http } = this.registry;
    const digest = blob.digest;
    if (this.rules.random() < 0.3) {
      const from = performance.now();
      this.expect(await http.post(withQuery(`/v2/${name}/blobs/uploads/`, { digest }), blob.bytes), [201], 'POST blob');
      return from;
    }
    const started = await http.post(`/v2/${name}/blobs/uploads/`);
    if (!this.expect(started, [202], 'POST uploads')) return -Infinity;
    const patched = await http.patch(targetOf(started), blob.bytes);
    if (!this.expect(patched, [202], 'PATCH')) return -Infinity;
    const from = performance.now();
    this.expect(await http.put(withQuery(targetOf(patched), { digest })), [201], 'PUT blob');
    this.ledger.count('blobs pushed');
    return from;
  }

  private async mount(name: string, { digest }: RaceBlob): Promise<boolean> {
    const query = { mount: digest, ...(this.rules.random() < 0.5 && { from: this.pick(raceNames) }) };
    const answer = await this.registry.http.post(withQuery(`/v2/${name}/blobs/uploads/`, query));
    this.expect(answer, [201, 202], 'mount');
    if (answer.status === 202) await this.registry.http.delete(targetOf(answer));
    else this.ledger.count('blobs mounted');
    return answer.status === 201;
  }

  /** False where the client has to begin again. */
  private async putManifest(name: string, manifest: RaceManifest, promised?: ReadonlyMap<Digest, number>): Promise<boolean> {
    const from = performance.now();
    const tag = this.rules.random() < 0.7 ? this.pick(tags) : manifest.digest;
    const answer = await this.registry.putManifest(name, tag, manifest);
    this.expect(answer, [201, 400], `PUT manifest ${name}:${tag}`);
    if (answer.status === 201) {
      this.ledger.acknowledged({ name, manifest }, from);
      this.ledger.count('manifests acknowledged');
      return true;
    }
    const missing = (answer.detail()['missing'] ?? []) as Digest[];
    if (answer.codes()[0] !== 'MANIFEST_BLOB_UNKNOWN') this.ledger.violate(`PUT manifest: ${answer.text()}`);
    for (const digest of promised ? missing : []) this.judgeMissing(name, digest, promised?.get(digest) ?? -Infinity);
    return false;
  }

  /** A blob that was promised may only be gone when its grace is over, or when somebody deleted it. */
  private judgeMissing(name: string, digest: Digest, promisedAt: number): void {
    const waited = (performance.now() - promisedAt) / 1_000;
    if (waited >= (this.rules.graceSeconds * 23) / 24) this.ledger.count('blobs unknown after their grace');
    else if (this.ledger.removedSince('blob', `${name}@${digest}`, promisedAt))
      this.ledger.count('blobs unknown since somebody deleted them');
    else this.ledger.violate(`${digest} unknown in ${name}, ${waited.toFixed(2)} s after it was promised`);
  }

  private async pushIndex(name: string): Promise<void> {
    const here = this.ledger.entries().filter((entry) => entry.name === name && entry.manifest.blobs.length > 0);
    if (here.length > 0) await this.putManifest(name, indexOf([this.pick(here).manifest, this.pick(here).manifest], randomUUID()));
  }

  /** By a tag, as it is now; what was deleted meanwhile may be gone, everything else must be there and right. */
  private async pull(name: string): Promise<void> {
    const from = performance.now();
    const answer = await this.registry.http.get(`/v2/${name}/manifests/${this.pick(tags)}`);
    if (!this.expect(answer, [200, 404], 'GET manifest') || answer.status === 404) return;
    const digest = answer.need('Docker-Content-Digest');
    const { config, layers = [] } = answer.json<{ config?: { digest: string }; layers?: { digest: string }[] }>();
    for (const blob of [...(config ? [config] : []), ...layers]) {
      const { status, body } = await this.registry.http.get(`/v2/${name}/blobs/${blob.digest}`);
      if (status === 200 && digestBytes(body) === blob.digest) continue;
      const deleted = status === 404 && this.ledger.removedSince('manifest', `${name}@${digest}`, from);
      if (!deleted) this.ledger.violate(`broken pull of ${name}@${digest}: ${blob.digest} answers ${status} with ${body.length} bytes`);
    }
    this.ledger.count('pulls');
  }

  private async deleteSome(most: number): Promise<void> {
    const entries = this.ledger.entries();
    const chosen = Array.from({ length: Math.min(most, entries.length) }, () => this.pick(entries));
    for (const entry of indexesFirst(chosen)) if (this.ledger.holds(entry)) await this.deleteManifest(entry);
  }

  private async deleteDoubtful(): Promise<void> {
    for (const entry of indexesFirst(this.ledger.takeDoubtful(20))) await this.deleteManifest(entry);
  }

  private async deleteManifest(entry: Entry): Promise<void> {
    const { name, manifest } = entry;
    const answer = await this.ledger.removing('manifest', name, manifest.digest, () =>
      this.registry.http.delete(`/v2/${name}/manifests/${manifest.digest}`),
    );
    if (this.expect(answer, [202, 404, 405], 'DELETE manifest')) this.ledger.count(`manifests deleted: ${answer.status}`);
    // The child of an index goes after it.
    if (answer.status === 405) this.ledger.doubt(entry);
  }

  private async deleteTag(name: string): Promise<void> {
    this.expect(await this.registry.http.delete(`/v2/${name}/manifests/${this.pick(tags)}`), [202, 404], 'DELETE tag');
  }

  private async deleteBlob(name: string): Promise<void> {
    const { digest } = this.hot();
    const answer = await this.ledger.removing('blob', name, digest, () => this.registry.http.delete(`/v2/${name}/blobs/${digest}`));
    if (this.expect(answer, [202, 404, 405], 'DELETE blob')) this.ledger.count(`blobs deleted: ${answer.status}`);
  }

  private expect(answer: HttpResponse, statuses: readonly number[], doing: string): boolean {
    const expected = statuses.includes(answer.status);
    if (!expected) this.ledger.violate(`${doing}: ${answer.status} ${answer.text().slice(0, 300)}`);
    return expected;
  }

  /** The window of blobs in use wanders, so that the others grow older than their grace. */
  private hot(): RaceBlob {
    const window = Math.floor(performance.now() / 1_000);
    return raceBlobs[(window + this.below(raceBlobs.length / 3)) % raceBlobs.length]!;
  }

  private below(count: number): number {
    return Math.floor(this.rules.random() * count);
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}

/** What they list cannot go before them. */
function indexesFirst(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => a.manifest.blobs.length - b.manifest.blobs.length);
}
