import { mediaTypes, RegistryError } from '#oci';
import { parseManifest, referrerDescriptor } from './index.js';
import { parseDigest } from '#oci';

const digest = (fill: string) => `sha256:${fill.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('a'), size: 2 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('b'), size: 3 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const parse = (value: unknown, contentType: string | undefined = mediaTypes.ociManifest) => parseManifest(bytes(value), contentType);

function detailOf(act: () => unknown): Record<string, unknown> {
  try {
    act();
  } catch (error) {
    if (error instanceof RegistryError && error.kind === 'manifestInvalid') return { ...error.detail };
    throw error;
  }
  throw new Error('was accepted');
}

describe('what is accepted', () => {
  it('lists config and layers in order', () => {
    const parsed = parse(image);
    expect(parsed.kind).toBe('image');
    expect(parsed.references.map((r) => [r.kind, r.descriptor.digest, r.optional])).toEqual([
      ['config', digest('a'), false],
      ['layer', digest('b'), false],
    ]);
  });

  it.each([
    ['parameters in the Content-Type', { ...image }, `${mediaTypes.ociManifest}; charset=utf-8`],
    ['no mediaType field', { ...image, mediaType: undefined }, mediaTypes.ociManifest],
    ['no Content-Type', image, undefined],
    ['layers written as null', { ...image, layers: null }, mediaTypes.ociManifest],
    ['Docker schema 2', { ...image, mediaType: mediaTypes.dockerManifest }, mediaTypes.dockerManifest],
    ['an empty index', { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }, mediaTypes.ociIndex],
    [
      'NUL, lone surrogates and emoji in annotations',
      { ...image, annotations: { a: '\u0000', b: '\ud800', c: '🚢' } },
      mediaTypes.ociManifest,
    ],
    ['unknown fields', { ...image, extra: [[[1]]] }, mediaTypes.ociManifest],
  ])('%s', (_what, value, contentType) => {
    expect(parseManifest(bytes(value), contentType)).toMatchObject({ kind: expect.stringMatching(/image|index/) as string });
  });

  it('takes layers with urls as optional', () => {
    const parsed = parse({
      ...image,
      layers: [
        { ...layer, urls: ['https://example.com/layer'] },
        { ...layer, urls: [] },
      ],
    });
    expect(parsed.references.map((r) => r.optional)).toEqual([false, true, false]);
  });

  it('falls back to the config media type for the artifact type of an image manifest only', () => {
    expect(parse(image).artifactType).toBe(config.mediaType);
    expect(parse({ ...image, artifactType: 'application/x.sbom' }).artifactType).toBe('application/x.sbom');
    expect(parse({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }, mediaTypes.ociIndex).artifactType).toBeUndefined();
  });
});

describe('what is refused, and where', () => {
  it.each([
    ['not JSON', '{', 'not valid JSON'],
    ['a list', '[]', 'not a JSON object'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not valid JSON'],
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000), 'nested deeper than 100 levels'],
    [
      'depth hidden behind a string with brackets',
      { ...image, x: JSON.parse('['.repeat(101) + ']'.repeat(101)) as unknown, y: '[{"' },
      'nested deeper than 100 levels',
    ],
  ])('%s', (_what, value, reason) => {
    expect(detailOf(() => parseManifest(Buffer.isBuffer(value) ? value : bytes(value), mediaTypes.ociManifest))).toMatchObject({ reason });
  });

  it.each([
    ['schemaVersion', { ...image, schemaVersion: 1 }],
    ['config', { ...image, config: undefined }],
    ['config.mediaType', { ...image, config: { ...config, mediaType: 'text\u0000/plain' } }],
    ['config.size', { ...image, config: { ...config, size: '2' } }],
    ['layers', { ...image, layers: {} }],
    ['layers[1].digest', { ...image, layers: [layer, { ...layer, digest: 'md5:00' }] }],
    ['layers[0].size', { ...image, layers: [{ ...layer, size: -1 }] }],
    ['layers[0].size', { ...image, layers: [{ ...layer, size: 1e300 }] }],
    ['layers[0].urls', { ...image, layers: [{ ...layer, urls: [1] }] }],
    ['layers[0].annotations["k"]', { ...image, layers: [{ ...layer, annotations: { k: 1 } }] }],
    ['subject', { ...image, subject: 'x' }],
    ['subject.digest', { ...image, subject: { ...config, digest: 'sha256:abc' } }],
    ['artifactType', { ...image, artifactType: 'no media type' }],
    ['annotations["a"]', { ...image, annotations: { a: {} } }],
    ['mediaType', { ...image, mediaType: mediaTypes.ociIndex }],
    ['mediaType', { ...image, mediaType: 7 }],
  ])('%s', (field, value) => {
    expect(detailOf(() => parse(value))).toMatchObject({ field });
  });

  it.each(['application/vnd.docker.distribution.manifest.v1+prettyjws', 'application/json', 'text/html'])(
    'media type %s',
    (contentType) => {
      expect(detailOf(() => parse({ ...image, mediaType: undefined }, contentType))).toMatchObject({
        supported: Object.values(mediaTypes),
      });
    },
  );
});

it('writes the referrer descriptor with every annotation, as JSON that stays valid', () => {
  const annotations = { 'org.example': 'a"\u0000\ud800é' };
  const text = referrerDescriptor(parse({ ...image, annotations }), parseDigest(digest('c')), 17);
  expect(text).not.toMatch(/[\u0000-\u001f\ud800-\udfff]/);
  expect(JSON.parse(text)).toEqual({
    mediaType: mediaTypes.ociManifest,
    digest: digest('c'),
    size: 17,
    artifactType: config.mediaType,
    annotations,
  });
});
