import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDriver, type StorageDriver, type UploadState } from '#cas';
import { BlobStore, ManifestStore, OutboxStore, UploadSessionStore, type NewManifest } from '#metadata';
import { digestOf, mediaTypes, parseRepositoryName, parseTag, type Digest, type ManifestMediaType, type RepositoryName } from '#oci';
import { createLogger, loadSettings, type Logger, type Settings } from '#platform';
import type { TestDatabase } from '../../../../libs/metadata/src/testing/index.js';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export function digestOfText(text: string | Buffer): Digest {
  return digestOf('sha256', createHash('sha256').update(text).digest());
}

/** What the api would have done before the worker's turn: real rows, real files in a folder of its own, and a log to look into. */
export class Workbench {
  readonly name: RepositoryName = parseRepositoryName(`acme/r${randomUUID()}`);
  readonly log: LogLine[] = [];
  readonly logger: Logger;
  readonly driver: StorageDriver;
  readonly sessions: UploadSessionStore;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly outbox: OutboxStore;

  private constructor(
    private readonly database: TestDatabase,
    readonly root: string,
  ) {
    this.logger = createLogger({ process: 'worker', destination: { write: (line) => this.log.push(JSON.parse(line) as LogLine) } });
    this.driver = openDriver({ driver: 'filesystem', root });
    this.sessions = new UploadSessionStore(database.db);
    this.blobs = new BlobStore(database.db);
    this.manifests = new ManifestStore(database.db);
    this.outbox = new OutboxStore(database.db);
  }

  static async set(database: TestDatabase): Promise<Workbench> {
    return new Workbench(database, await mkdtemp(join(tmpdir(), 'entrepot-worker-')));
  }

  async clear(): Promise<void> {
    await this.driver.close();
    await rm(this.root, { recursive: true, force: true });
  }

  settings(env: Record<string, string> = {}): Settings {
    return loadSettings({ DATABASE_URL: this.database.url, STORAGE_ROOT: this.root, SHUTDOWN_GRACE_SECONDS: '10', ...env });
  }

  /** An upload of these pieces, each begun while the writer before it still held the lease; answers its id. */
  async upload(...pieces: string[]): Promise<string> {
    const id = randomUUID();
    let storage: UploadState = this.driver.begin(id);
    await this.sessions.begin(this.name, { id, storage, algorithm: 'sha256' });
    for (const [index, piece] of pieces.entries()) {
      const leased = await this.sessions.lease(this.name, id);
      if (leased.outcome !== 'leased') throw new Error(leased.outcome);
      const from = index === 0 ? storage : this.driver.takeOver(storage);
      storage = await this.driver.append(from, bytesOf(piece));
      await this.sessions.record(id, leased.lease, { storage, digestSoFar: null, release: true });
    }
    return id;
  }

  /** The same, closed with a claim that a worker is to judge. */
  async completed(claimed: Digest, ...pieces: string[]): Promise<string> {
    const id = await this.upload(...pieces);
    if (!(await this.sessions.complete(this.name, id, { digest: claimed }))) throw new Error('not completed');
    return id;
  }

  async blob(content: string | Buffer): Promise<Digest> {
    const [id, digest] = [randomUUID(), digestOfText(content)];
    const begun = this.driver.begin(id);
    await this.sessions.begin(this.name, { id, storage: begun, algorithm: 'sha256' });
    const { key, size } = await this.driver.commit(await this.driver.append(begun, bytesOf(content)));
    await this.sessions.finalize(this.name, id, { digest, size, storageKey: key });
    return digest;
  }

  /** Pushes a manifest as it is, without asking whether what it refers to is there. */
  async manifest(body: string | object, tags: string[] = [], more: Partial<NewManifest> = {}): Promise<Digest> {
    const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const digest = digestOfText(payload);
    const mediaType = (typeof body === 'object' && 'mediaType' in body ? body.mediaType : mediaTypes.ociManifest) as ManifestMediaType;
    await this.manifests.put(this.name, { digest, mediaType, payload, references: [], tags: tags.map(parseTag), ...more });
    return digest;
  }

  /** Rows of the outbox, parked ones too. */
  due(kind: string): Promise<{ key: string; attempts: number; last_error: string | null; parked: boolean }[]> {
    return this.database.sql('select key, attempts, last_error, parked_at is not null as parked from outbox where kind = $1 order by id', [
      kind,
    ]);
  }

  async objects(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.driver.list('')) keys.push(key);
    return keys.sort();
  }
}

async function* bytesOf(content: string | Buffer): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

/** Asks again until the answer is yes; the spec's own time-out is the limit. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
}
