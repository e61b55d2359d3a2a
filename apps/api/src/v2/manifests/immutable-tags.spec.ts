import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDriver } from '#cas';
import { JobProducer, openJobBackend } from '#jobs';
import { ManifestStore, RepositoryStore, TagStore } from '#metadata';
import { errorCatalog, mediaTypes, parseRepositoryName, parseTag, RegistryError, type Tag } from '#oci';
import { withDatabase } from '../../../../../libs/metadata/src/testing/index.js';
import { DiskGuard } from '../../edge/disk-guard.js';
import { ManifestsService } from './manifests.service.js';

const database = withDatabase();
const name = parseRepositoryName('acme/app');
const tag = parseTag('v1');

/** An index of nothing, of its own by what it is annotated with. */
const pushed = (annotation: string, tags: readonly Tag[] = [tag]) => {
  const { ociIndex: mediaType } = mediaTypes;
  const payload = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations: { annotation } }));
  return { payload, contentType: mediaType, tags };
};

describe('a tag that a rule keeps', () => {
  let root: string;
  let service: ManifestsService;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'entrepot-api-'));
    const ignore = () => undefined;
    const jobs = new JobProducer(() => openJobBackend({ databaseUrl: database.url }, { began: ignore, ended: ignore }));
    // Nobody is to be told of work here.
    await jobs.close();
    const driver = openDriver({ driver: 'filesystem', root });
    const disk = new DiskGuard(driver, { minFreeBytes: 0, folders: [root] });
    service = new ManifestsService(new ManifestStore(database.db), new TagStore(database.db), jobs, disk);
  });
  afterAll(() => rm(root, { recursive: true }));

  const refusal = async (work: Promise<unknown>) => {
    const error = await work.then(() => null, (thrown: unknown) => thrown); // prettier-ignore
    expect(error).toBeInstanceOf(RegistryError);
    return { ...errorCatalog[(error as RegistryError).kind], detail: (error as RegistryError).detail };
  };

  it('neither moves nor goes, and the answer says why', async () => {
    const { digest } = await service.put(name, pushed('first'));
    await new RepositoryStore(database.db).setPolicy(name, { immutableTags: ['v*'] });
    const denied = {
      code: 'DENIED',
      status: 403,
      detail: { reason: 'tag v1 matches v*: it can be neither moved nor deleted', tags: [{ tag, pattern: 'v*' }] },
    };
    expect(await refusal(service.put(name, pushed('second')))).toMatchObject(denied);
    expect(await refusal(service.put(name, pushed('second', [parseTag('latest'), tag])))).toMatchObject(denied);
    expect(await refusal(service.delete(name, { tag }))).toMatchObject(denied);
    expect(await refusal(service.delete(name, { digest }))).toMatchObject(denied);
    expect(await service.put(name, pushed('first'))).toEqual({ digest });
    expect((await service.get(name, { tag })).digest).toBe(digest);
    expect(await refusal(service.get(name, { tag: parseTag('latest') }))).toMatchObject({ status: 404 });
  });
});
