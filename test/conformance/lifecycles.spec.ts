import { mediaTypes } from '#oci';
import { anArtifact, anImage, anIndex, type ContentBuilder } from '../support/builders.js';
import { describeBytes, digestBytes, type Content } from '../support/content.js';
import { expectStatus } from './expectations.js';
import { acceptManifests } from '../support/registry.js';
import { freshName, http, isEntrepot, registry } from './registry-under-test.js';

const artifactType = 'application/vnd.example.conformance.v1';
const annotations = { 'org.opencontainers.conformance': 'hello conformance test' };
const platforms = () => [anImage(), anImage()];
const gone = { ...describeBytes(Buffer.from('missing content'), mediaTypes.ociManifest), size: 123 };

/** What people push, from the push to the last delete, in one repository that all of them share. */
const kinds: [what: string, build: () => ContentBuilder, sha512?: true][] = [
  ['an image', () => anImage().withLayers(2).tagged('image')],
  [
    'an image with uncompressed layers',
    () => anImage().withLayer(Buffer.alloc(10_240), 'application/vnd.oci.image.layer.v1.tar').tagged('tar'),
  ],
  [
    'an index',
    () =>
      anIndex()
        .of(...platforms())
        .tagged('index'),
  ],
  [
    'a nested index',
    () =>
      anIndex()
        .of(anIndex().of(...platforms()), anIndex().of(...platforms()))
        .tagged('nested'),
  ],
  ['an empty index', () => anIndex().tagged('empty')],
  ['an artifact', () => anArtifact(artifactType).tagged('artifact')],
  [
    'an artifact without layers',
    () => anArtifact(artifactType).withLayer(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json').tagged('bare'),
  ],
  [
    'an index of artifacts',
    () => anIndex().of(anArtifact(artifactType), anArtifact(artifactType)).ofArtifactType(artifactType).tagged('artifacts'),
  ],
  ['an artifact with a missing subject', () => anArtifact(artifactType).annotated(annotations).withSubject(gone).tagged('orphan')],
  [
    'an image with custom fields',
    () =>
      anImage()
        .with({ [`org.example.${Date.now()}`]: 'x' })
        .tagged('custom'),
  ],
  ['an image with no layers', () => anImage().withLayers(0).tagged('no-layers')],
  [
    'a sha512 index',
    () =>
      anIndex()
        .of(...platforms().map((image) => image.hashedWith('sha512')))
        .hashedWith('sha512'),
    true,
  ],
];

const name = freshName('lifecycle');
const allOf = (content: Content): Content[] => [...content.children.flatMap(allOf), content];

describe.each(kinds.filter(([, , sha512]) => isEntrepot || !sha512))('the life of %s', (_what, build) => {
  let content: Content;

  it('is pushed, and its tags are listed', async () => {
    content = await registry.push(name, build());
    expect(await registry.tags(name).catch(() => [])).toEqual(expect.arrayContaining([...content.tags]));
  });

  it('is found and pulled, by tag and by digest, with all its blobs', async () => {
    for (const one of allOf(content)) {
      for (const reference of [...one.tags, one.digest]) {
        const target = `/v2/${name}/manifests/${reference}`;
        expect(expectStatus(await http.head(target, acceptManifests), 200).header('Content-Length')).toBe(String(one.bytes.length));
        expect(expectStatus(await http.get(target, acceptManifests), 200).body.equals(one.bytes)).toBe(true);
      }
      for (const blob of one.blobs) {
        const target = `/v2/${name}/blobs/${digestBytes(blob, one.algorithm)}`;
        expect(expectStatus(await http.get(target), 200).body.equals(blob)).toBe(true);
      }
    }
  });

  it('is deleted from the top: tags, manifests, blobs, each gone at once', async () => {
    const order = allOf(content).reverse();
    const manifests = order.flatMap((one) => [...one.tags, one.digest]).map((reference) => `manifests/${reference}`);
    const blobs = new Set(order.flatMap((one) => one.blobs.map((blob) => `blobs/${digestBytes(blob, one.algorithm)}`)));
    for (const path of [...manifests, ...blobs]) {
      const { status } = await http.delete(`/v2/${name}/${path}`);
      if (!isEntrepot && [400, 405].includes(status)) return;
      expect([path, status]).toEqual([path, 202]);
      expectStatus(await http.head(`/v2/${name}/${path}`), 404);
    }
  });
});
