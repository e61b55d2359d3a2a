import { ManifestDetailStore } from '#metadata';
import { mediaTypes, type Digest } from '#oci';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { Workbench } from '../testing/workbench.js';
import { ConfigReader } from './config-reader.js';
import { IndexManifestService } from './index-manifest.service.js';

describe('indexing manifests', () => {
  const database = withDatabase();
  let bench: Workbench;
  let details: ManifestDetailStore;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    details = new ManifestDetailStore(database.db);
  });
  afterEach(() => bench.clear());

  const image = (config: Digest, size = 100) => ({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: `sha256:${'1'.repeat(64)}`, size: 1_000 }],
  });

  async function indexed(manifest: Digest) {
    const service = new IndexManifestService(bench.manifests, new ConfigReader(bench.blobs, bench.driver), details);
    await bench.outbox.drain('index-manifest', service.batch, (rows) => service.run(rows));
    expect(await bench.due('index-manifest')).toEqual([]);
    return details.find(bench.name, manifest);
  }

  it('writes what an image’s config says', async () => {
    const config = await bench.blob(JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Labels: { team: 'a' } } }));
    const manifest = await bench.manifest(image(config));
    expect(await indexed(manifest)).toMatchObject({
      kind: 'image',
      details: { platforms: [{ os: 'linux', architecture: 'amd64' }], totalSize: 1_100, labels: { team: 'a' } },
    });
  });

  it('writes what a chart’s config says', async () => {
    const config = await bench.blob(
      JSON.stringify({ apiVersion: 'v2', name: 'web', version: '1.2.3', appVersion: '4.5', description: 'A web server' }),
    );
    const body = image(config);
    const manifest = await bench.manifest({ ...body, config: { ...body.config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } });
    expect(await indexed(manifest)).toMatchObject({
      kind: 'helm-chart',
      details: { chart: { name: 'web', version: '1.2.3', appVersion: '4.5', description: 'A web server', provenance: false } },
    });
  });

  it('takes NUL, lone surrogates and any depth', async () => {
    const labels = '{"nul\\u0000":"a\\u0000b","half":"\\ud83d","__proto__":"x"}';
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    const config = await bench.blob(`{"os":"li\\u0000nux","architecture":"amd64","history":${deep},"config":{"Labels":${labels}}}`);
    const manifest = await bench.manifest(image(config));
    const detail = await indexed(manifest);
    expect(detail?.details['platforms']).toEqual([{ os: 'li\uFFFDnux', architecture: 'amd64' }]);
    expect(Object.entries(detail?.details['labels'] ?? {})).toEqual(
      expect.arrayContaining([
        ['nul\uFFFD', 'a\uFFFDb'],
        ['half', '\uFFFD'],
      ]),
    );
  });

  it.each<[string, string | Buffer]>([
    ['no JSON', 'no JSON at all'],
    ['a list', '[1]'],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
    ['larger than a config is', `{"os":"linux","architecture":"amd64","fill":"${'x'.repeat(4 * 1024 * 1024)}"}`],
  ])('tells what can be known where the config is %s', async (_what, content) => {
    const manifest = await bench.manifest(image(await bench.blob(content)));
    expect(await indexed(manifest)).toMatchObject({ kind: 'image', details: { platforms: [], totalSize: 1_100 } });
  });

  it('tells what can be known where the config is gone', async () => {
    const manifest = await bench.manifest(image(`sha256:${'a'.repeat(64)}` as Digest));
    expect(await indexed(manifest)).toMatchObject({ kind: 'image', details: { platforms: [] } });
  });

  it('calls a payload it can’t parse "other"', async () => {
    const manifest = await bench.manifest('{"schemaVersion": 1}');
    expect(await indexed(manifest)).toMatchObject({ kind: 'other', details: { totalSize: 20 } });
  });

  it('is done with a manifest that is gone', async () => {
    const manifest = await bench.manifest('{"schemaVersion": 2}');
    await bench.manifests.delete(bench.name, manifest);
    expect(await indexed(manifest)).toBeNull();
  });

  it.each(['{"os":"linux","architecture":"amd64"}', 'no JSON either'])('reads a config once: %s', async (content) => {
    const config = await bench.blob(content);
    const service = new IndexManifestService(bench.manifests, new ConfigReader(bench.blobs, bench.driver), details);
    for (const size of [100, 101]) {
      await bench.manifest(image(config, size));
      await bench.outbox.drain('index-manifest', service.batch, (rows) => service.run(rows));
      expect(await bench.due('index-manifest')).toEqual([]);
      await database.sql(`update blobs set storage_key = storage_key || '/below-a-file' where digest_text(digest) = $1`, [config]);
    }
  });

  it('works off many, also those whose size is not told', async () => {
    const many = await Promise.all(Array.from({ length: 70 }, (_, i) => bench.manifest(image(`sha256:${'a'.repeat(64)}` as Digest, i))));
    await database.sql(`update outbox set payload = payload - 'size' where id % 2 = 0`);
    for (const manifest of many) expect(await indexed(manifest)).toMatchObject({ kind: 'image' });
  });

  it('tries again later where storage fails', async () => {
    const config = await bench.blob('{"os":"linux","architecture":"amd64"}');
    await bench.manifest(image(config));
    const [{ key } = { key: '' }] = await database.sql<{ key: string }>(
      'select storage_key as key from blobs order by verified_at desc limit 1',
    );
    await database.sql('update blobs set storage_key = $2 where storage_key = $1', [key, `${key}/below-a-file`]);
    const service = new IndexManifestService(bench.manifests, new ConfigReader(bench.blobs, bench.driver), details);
    await bench.outbox.drain('index-manifest', service.batch, (rows) => service.run(rows));
    expect(await bench.due('index-manifest')).toMatchObject([{ attempts: 1, parked: false }]);
    await database.sql('truncate outbox');
  });
});
