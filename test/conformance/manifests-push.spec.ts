import { mediaTypes } from '#oci';
import { anArtifact, anImage, anIndex } from '../support/builders.js';
import { digestBytes, type Content } from '../support/content.js';
import { targetOf } from '../support/registry.js';
import { expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, itEntrepot, registry } from './registry-under-test.js';

/** Pushes content whose parts are there already, and reads it back byte for byte where the answer says it is. */
async function pushAndRead(name: string, reference: string, content: Content): Promise<void> {
  const response = expectStatus(await registry.putManifest(name, reference, content), 201);
  expect(response.header('Docker-Content-Digest')).toBe(content.digest);
  for (const target of [targetOf(response), `/v2/${name}/manifests/${content.digest}`, `/v2/${name}/manifests/${reference}`]) {
    const pulled = expectStatus(await http.get(target, { Accept: content.mediaType }), 200);
    expect(pulled.body.equals(content.bytes)).toBe(true);
    expect(pulled.header('Content-Type')).toBe(content.mediaType);
  }
}

describe('pushing a manifest', () => {
  const name = freshName('push');

  it.each([
    ['an OCI image', () => anImage().withLayers(3)],
    ['an image without layers', () => anImage().withLayers(0)],
    ['an artifact', () => anArtifact()],
    ['an image index', () => anIndex().of(anImage(), anImage())],
    ['an empty index', () => anIndex()],
    ['an index of indexes', () => anIndex().of(anIndex().of(anImage()), anIndex().of(anImage()))],
    ['a Docker image', () => anImage().asDocker()],
    ['a Docker manifest list', () => anIndex().asDocker().of(anImage().asDocker())],
  ])('%s, by tag and by digest', async (what, build) => {
    const content = build().build();
    await registry.pushParts(name, content);
    await pushAndRead(name, content.digest, content);
    await pushAndRead(name, `tag-${what.replaceAll(' ', '-')}`, content);
  });

  it('pushing it again changes nothing', async () => {
    const image = await registry.push(name, anImage().tagged('again'));
    await pushAndRead(name, 'again', image);
    await pushAndRead(name, image.digest, image);
  });

  it('moves a tag to what is pushed last, and the older one stays readable by digest', async () => {
    const older = await registry.push(name, anImage().tagged('moving'));
    const newer = await registry.push(name, anImage().tagged('moving'));
    expect(await registry.resolve(name, 'manifests', 'moving')).toBe(newer.digest);
    expect(await registry.resolve(name, 'manifests', older.digest)).toBe(older.digest);
  });

  it('keeps every byte, however odd the JSON is written', async () => {
    const image = anImage().build();
    await registry.pushParts(name, image);
    const text = `\n\t ${image.bytes.toString().replaceAll('": ', '"  :\r\n ')}\n\n `;
    const bytes = Buffer.from(text.replace('{', '{"z":1,"z":2,"n":1.0,"e":1E+2,'));
    await pushAndRead(name, 'odd', { ...image, bytes, digest: digestBytes(bytes) });
  });

  it('accepts fields that no spec knows', async () => {
    const content = anIndex()
      .of(anImage().with({ 'org.example.extra': { nested: [1, null, 'x'] } }))
      .with({ extra: true })
      .build();
    await registry.pushParts(name, content);
    await pushAndRead(name, 'extra', content);
  });

  it('accepts any media type for config and layers', async () => {
    const image = anImage()
      .withConfig(Buffer.from('x'), 'text/x-config')
      .withLayer(Buffer.from('y'), 'application/x.anything+weird')
      .withLayer(Buffer.from('z'), 'text/plain; charset="utf-8"')
      .build();
    await registry.pushParts(name, image);
    await pushAndRead(name, 'types', image);
  });

  it('accepts a manifest of 3.9 MB, made of annotations', async () => {
    const annotations = Object.fromEntries(Array.from({ length: 390 }, (_, i) => [`large-annotation-${i}`, 'A'.repeat(10_000)]));
    const image = anImage().annotated(annotations).build();
    await registry.pushParts(name, image);
    await pushAndRead(name, 'large', image);
  });

  it('accepts layers with urls that nobody has pushed', async () => {
    const image = anImage().build();
    await registry.pushParts(name, image);
    const { layers, ...rest } = JSON.parse(image.bytes.toString()) as { layers: unknown[] };
    const foreign = ['tar+gzip', 'tar'].map((form, i) => ({
      mediaType: `application/vnd.oci.image.layer.nondistributable.v1.${form}`,
      digest: digestBytes(`absent ${i}`),
      size: 123456,
      urls: [`https://store.example.com/blobs/${i}`],
    }));
    const bytes = Buffer.from(JSON.stringify({ ...rest, layers: [...foreign, ...layers] }));
    await pushAndRead(name, 'foreign', { ...image, bytes, digest: digestBytes(bytes) });
  });

  it('accepts a data field in descriptors', async () => {
    const config = Buffer.from('{}');
    const image = anImage().withConfig(config).build();
    const manifest = JSON.parse(image.bytes.toString()) as { config: object };
    const bytes = Buffer.from(JSON.stringify({ ...manifest, config: { ...manifest.config, data: config.toString('base64') } }));
    await registry.pushParts(name, image);
    await pushAndRead(name, 'data', { ...image, bytes, digest: digestBytes(bytes) });
  });
});

describeEntrepot('pushing with sha512', () => {
  const name = freshName('sha512');

  it.each([
    ['an image', () => anImage()],
    ['an index', () => anIndex().of(anImage().hashedWith('sha512'))],
  ])('%s, by digest', async (_what, build) => {
    const content = build().hashedWith('sha512').build();
    await registry.pushParts(name, content);
    await pushAndRead(name, content.digest, content);
  });

  it('a manifest has the digest it was pushed under, by tag sha256', async () => {
    const image = anImage().build();
    await registry.pushParts(name, image);
    await pushAndRead(name, 'by-tag', image);
    expect(await registry.resolve(name, 'manifests', digestBytes(image.bytes, 'sha512'))).toBeNull();
  });
});

describeEntrepot('the media type of a push', () => {
  const name = freshName('types');

  it.each([
    ['parameters are ignored', `${mediaTypes.ociManifest}; charset=utf-8`],
    ['upper case is ignored', mediaTypes.ociManifest.toUpperCase()],
  ])('%s and not given back', async (_what, contentType) => {
    const image = anImage().build();
    await registry.pushParts(name, image);
    expectStatus(await registry.putManifest(name, 'typed', { ...image, mediaType: contentType }), 201);
    expect((await http.get(`/v2/${name}/manifests/typed`)).header('Content-Type')).toBe(mediaTypes.ociManifest);
  });

  it('comes from the header where the manifest has no mediaType field, as before OCI 1.1', async () => {
    const image = anImage().with({ mediaType: undefined }).build();
    await registry.pushParts(name, image);
    await pushAndRead(name, 'fieldless', image);
  });
});

describeEntrepot('an index whose child is a blob', () => {
  it('is accepted, as BuildKit exports its cache', async () => {
    const name = freshName('cache');
    const layer = await registry.pushBlob(name, Buffer.from('cached layer'));
    await registry.push(
      name,
      anIndex()
        .listing({ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' })
        .tagged('cache'),
    );
    expect(await registry.tags(name)).toEqual(['cache']);
  });
});

describe('text that is legal JSON and trouble elsewhere', () => {
  const name = freshName('text');

  it.each([
    ['emoji', '🚢📦'],
    ['NUL', 'a\u0000b'],
    ['control characters', '\u0001\u001f\u007f\u2028'],
    ['a lone surrogate', '\ud800'],
    ['a reversed pair of surrogates', '\udc00\ud800'],
    ['a key of its own', '__proto__'],
  ])('%s in annotations is accepted and kept byte for byte', async (_what, text) => {
    const image = anImage()
      .annotated({ [`org.example.${text}`]: text, ['__proto__']: text })
      .build();
    await registry.pushParts(name, image);
    await pushAndRead(name, 'text', image);
  });

  itEntrepot('also unescaped, and with other escapes', async () => {
    const image = anImage().build();
    await registry.pushParts(name, image);
    const bytes = Buffer.from(image.bytes.toString().replace('{', '{"annotations":{"é":"\\u00e9\\/🚢\\uD83D\\uDEA2"},'));
    await pushAndRead(name, 'escapes', { ...image, bytes, digest: digestBytes(bytes) });
  });
});

describe('many at once', () => {
  it('pushing one tag from eight clients leaves it at one of them', async () => {
    const name = freshName('race');
    const images = await Promise.all(Array.from({ length: 8 }, () => registry.push(name, anImage().tagged('latest'))));
    const winner = await registry.resolve(name, 'manifests', 'latest');
    expect(images.map(({ digest }) => digest as string)).toContain(winner);
    if (isEntrepot) expect(await registry.tags(name)).toEqual(['latest']);
  });
});
