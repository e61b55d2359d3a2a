import { mediaTypes } from '#oci';
import { anImage, anIndex } from '../support/builders.js';
import { digestBytes, type Content } from '../support/content.js';
import { acceptManifests } from '../support/registry.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, direct, freshName, http, isEntrepot, itEntrepot, registry } from './registry-under-test.js';

const name = freshName('refused');
let image: Content;
let fields: Record<string, unknown>;
beforeAll(async () => {
  image = await registry.push(name, anImage());
  fields = JSON.parse(image.bytes.toString()) as Record<string, unknown>;
});

const put = (reference: string, body: Buffer | string, mediaType: string = mediaTypes.ociManifest) =>
  registry.putManifest(name, reference, { mediaType, bytes: Buffer.from(body) });
const config = () => fields['config'] as Record<string, unknown>;
const layer = () => (fields['layers'] as Record<string, unknown>[])[0]!;

describe('a manifest under a digest it does not have', () => {
  it('is refused with 400 DIGEST_INVALID and not stored', async () => {
    const bytes = Buffer.concat([image.bytes, Buffer.from('  ')]);
    const other = digestBytes('something else');
    expectError(await put(other, bytes), 400, 'DIGEST_INVALID');
    for (const digest of [other, digestBytes(bytes)]) expectStatus(await http.head(`/v2/${name}/manifests/${digest}`), 404);
  });

  it.each(['sha256:baddigeststring', `md5:${'a'.repeat(32)}`, 'sha256:'])('%s: 400', async (reference) => {
    expectError(await put(reference, image.bytes), 400, 'DIGEST_INVALID');
    expect([400, 404]).toContain((await http.get(`/v2/${name}/manifests/${reference}`)).status);
  });
});

describeEntrepot('what is no manifest', () => {
  it.each<[string, () => string | Buffer]>([
    ['nothing', () => ''],
    ['not JSON', () => 'hello'],
    ['half of one', () => image.bytes.subarray(0, 100)],
    ['something behind it', () => `${image.bytes.toString()}x`],
    ['a list', () => '[]'],
    ['null', () => 'null'],
    ['a string', () => '"manifest"'],
    ['bytes that are not UTF-8', () => Buffer.from(`{"schemaVersion":2,"x":"\xff\xfe"}`, 'latin1')],
    ['UTF-16', () => Buffer.from(image.bytes.toString(), 'utf16le')],
    ['lists nested 100,000 deep', () => '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects nested 100,000 deep', () => '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['one that hides 100,000 levels', () => JSON.stringify(fields).replace('{', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`)],
  ])('%s is refused with 400 MANIFEST_INVALID', async (_what, body) => {
    expectError(await put('no-manifest', body()), 400, 'MANIFEST_INVALID');
    expectStatus(await http.head(`/v2/${name}/manifests/no-manifest`), 404);
  });
});

describeEntrepot('fields of the wrong kind', () => {
  const wrong: [field: string, change: () => Record<string, unknown>][] = [
    ['schemaVersion', () => ({ schemaVersion: 1 })],
    ['schemaVersion', () => ({ schemaVersion: '2' })],
    ['config', () => ({ config: undefined })],
    ['config', () => ({ config: [] })],
    ['config.digest', () => ({ config: { ...config(), digest: 'sha256:short' } })],
    ['config.digest', () => ({ config: { ...config(), digest: 7 } })],
    ['config.size', () => ({ config: { ...config(), size: '2' } })],
    ['config.mediaType', () => ({ config: { ...config(), mediaType: 'no slash' } })],
    ['config.mediaType', () => ({ config: { ...config(), mediaType: 'text/pl\u0000ain' } })],
    ['config.mediaType', () => ({ config: { ...config(), mediaType: 'text/\ud800' } })],
    ['config.mediaType', () => ({ config: { ...config(), mediaType: 'text/plain; x=\u0000' } })],
    ['config.mediaType', () => ({ config: { ...config(), mediaType: `text/plain;${'x'.repeat(256)}` } })],
    ['layers', () => ({ layers: 'none' })],
    ['layers[0]', () => ({ layers: [null] })],
    ['layers[0].size', () => ({ layers: [{ ...layer(), size: -1 }] })],
    ['layers[0].size', () => ({ layers: [{ ...layer(), size: 1.5 }] })],
    ['layers[1].digest', () => ({ layers: [layer(), { ...layer(), digest: undefined }] })],
    ['subject', () => ({ subject: 'sha256:…' })],
    ['subject.digest', () => ({ subject: { ...config(), digest: '' } })],
    ['annotations', () => ({ annotations: ['a'] })],
    ['artifactType', () => ({ artifactType: 'emoji/🚢' })],
  ];

  it.each(wrong)('%s: 400 MANIFEST_INVALID, and the detail says where', async (field, change) => {
    const response = await put('wrong', JSON.stringify({ ...fields, ...change() }));
    expectError(response, 400, 'MANIFEST_INVALID');
    expect(response.detail()).toMatchObject({ field });
    expect(await registry.resolve(name, 'manifests', 'wrong')).toBeNull();
  });

  it('manifests[0].digest of an index likewise', async () => {
    const body = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ ...config(), digest: 'x' }] };
    const response = await put('wrong', JSON.stringify(body), mediaTypes.ociIndex);
    expectError(response, 400, 'MANIFEST_INVALID');
    expect(response.detail()).toMatchObject({ field: 'manifests[0].digest' });
  });
});

describeEntrepot('media types that are no manifest', () => {
  it.each([
    'application/vnd.docker.distribution.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'application/json',
    'text/html',
    'application/vnd.oci.artifact.manifest.v1+json',
    'nonsense',
  ])('%s: 400 MANIFEST_INVALID', async (mediaType) => {
    expectError(await put('typed', JSON.stringify({ ...fields, mediaType: undefined }), mediaType), 400, 'MANIFEST_INVALID');
  });

  it.each(Object.values(mediaTypes).filter((type) => type !== mediaTypes.ociManifest))(
    'a mediaType field that contradicts %s',
    async (mediaType) => {
      expectError(await put('typed', image.bytes, mediaType), 400, 'MANIFEST_INVALID');
    },
  );

  it('schema 1 by its content', async () => {
    const schema1 = { schemaVersion: 1, name, tag: 'x', architecture: 'amd64', fsLayers: [], history: [], signatures: [] };
    expectError(await put('typed', JSON.stringify(schema1)), 400, 'MANIFEST_INVALID');
  });
});

describe('references that are not in the repository', () => {
  const missing = (text: string) => ({ mediaType: 'application/octet-stream', digest: digestBytes(text), size: text.length });

  // The spec lets a registry accept them; where it refuses, the code is this one.
  itEntrepot('config and layers: 400 MANIFEST_BLOB_UNKNOWN that lists all of them', async () => {
    const layers = [layer(), missing('one'), missing('two')];
    const response = await put('missing', JSON.stringify({ ...fields, config: missing('config'), layers }));
    expectError(response, 400, 'MANIFEST_BLOB_UNKNOWN');
    for (const text of ['config', 'one', 'two']) expect(response.text()).toContain(digestBytes(text));
    expect(response.text()).not.toContain(layer()['digest']);
    expect(await registry.resolve(name, 'manifests', 'missing')).toBeNull();
  });

  itEntrepot('children of an index likewise', async () => {
    const index = anIndex().listing(image.descriptor, missing('gone')).build();
    const response = await registry.putManifest(name, 'missing', index);
    expectError(response, 400, 'MANIFEST_BLOB_UNKNOWN');
    expect(response.text()).toContain(digestBytes('gone'));
  });

  itEntrepot('blobs of another repository are missing here', async () => {
    const there = await registry.push(freshName('elsewhere'), anImage());
    expectError(await registry.putManifest(name, 'missing', there), 400, 'MANIFEST_BLOB_UNKNOWN');
  });

  it('a subject may be missing', async () => {
    await registry.push(
      name,
      anImage()
        .withSubject({ ...missing('subject'), mediaType: mediaTypes.ociManifest })
        .tagged('orphan'),
    );
    expect(await registry.resolve(name, 'manifests', 'orphan')).not.toBeNull();
  });
});

describe('size', () => {
  const padded = (size: number) => {
    const start = JSON.stringify({ ...fields, pad: '' }).slice(0, -2);
    return `${start}${'x'.repeat(size - start.length - 2)}"}`;
  };
  const limit = 4 * 1024 * 1024;

  it('exactly 4 MiB is accepted', async () => {
    const body = padded(limit);
    expect(body).toHaveLength(limit);
    expectStatus(await put('large', body), 201);
    expect((await http.get(`/v2/${name}/manifests/large`, acceptManifests)).body.equals(Buffer.from(body))).toBe(true);
  });

  itEntrepot.each([
    ['of known length', true],
    ['of unknown length', false],
  ])('one byte more is refused with 413, %s', async (_what, known) => {
    const body = Buffer.from(padded(limit + 1));
    const pieces = (async function* () {
      yield body;
    })();
    const response = await http.put(`/v2/${name}/manifests/larger`, known ? body : pieces, { 'Content-Type': mediaTypes.ociManifest });
    expectError(response, 413, 'MANIFEST_INVALID');
    expect(await registry.resolve(name, 'manifests', 'larger')).toBeNull();
  });
});

describe('tags that are none', () => {
  it.each(['.dot', '-dash', 'a'.repeat(129), 'sp%20ace', 'semi;colon', '%F0%9F%9A%A2', ...direct('a%00b')])(
    '%s: PUT is refused, GET finds nothing',
    async (tag) => {
      const response = await put(tag, image.bytes);
      expectError(response, isEntrepot ? 400 : [400, 404], 'MANIFEST_INVALID');
      expectError(await http.get(`/v2/${name}/manifests/${tag}`), isEntrepot ? 404 : [400, 404], 'MANIFEST_UNKNOWN');
    },
  );

  it.each(['a', '_', 'A.b-C_d', '0', 'a'.repeat(128)])('%s is one', async (tag) => {
    expectStatus(await put(tag, image.bytes), 201);
    expectStatus(await http.get(`/v2/${name}/manifests/${tag}`, acceptManifests), 200);
  });
});
