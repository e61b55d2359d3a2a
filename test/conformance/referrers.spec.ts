import { mediaTypes, type Descriptor } from '#oci';
import { anArtifact, anImage, anIndex } from '../support/builders.js';
import { digestBytes, pointTo, type Content } from '../support/content.js';
import type { HttpResponse } from '../support/http-response.js';
import { withQuery } from '../support/registry.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, itEntrepot, registry } from './registry-under-test.js';

const sbom = 'application/vnd.example.sbom.v1';
const signature = 'application/vnd.example.signature.v1';
const byDigest = (list: readonly Descriptor[]) => [...list].sort((a, b) => (a.digest < b.digest ? -1 : 1));
const descriptorsOf = (...contents: Content[]) => byDigest(contents.map(({ descriptor }) => descriptor));

function manifestsOf(response: HttpResponse): Descriptor[] {
  expectStatus(response, 200);
  expect(response.header('Content-Type')).toBe(mediaTypes.ociIndex);
  const index = response.json<{ schemaVersion: number; mediaType: string; manifests: Descriptor[] }>();
  expect([index.schemaVersion, index.mediaType]).toEqual([2, mediaTypes.ociIndex]);
  return index.manifests;
}

describe('referrers', () => {
  it('of something unknown are an empty index', async () => {
    const digest = digestBytes('never pushed');
    expect(manifestsOf(await http.get(`/v2/${freshName('referrers')}/referrers/${digest}`))).toEqual([]);
    const name = freshName('referrers');
    await registry.push(name, anImage());
    expect(manifestsOf(await http.get(`/v2/${name}/referrers/${digest}`))).toEqual([]);
  });

  it('list what was pushed after its subject, with artifact type and all annotations', async () => {
    const name = freshName('referrers');
    const image = await registry.push(name, anImage());
    const contents = [
      await registry.push(name, anImage().withSubject(image)),
      await registry.push(
        name,
        anArtifact(sbom).annotated({ 'org.example.a': 'b', 'org.example.é🚢': '\u0000"\\\ud800' }).withSubject(image),
      ),
      await registry.push(name, anArtifact(signature).withSubject(image).tagged('signature')),
      await registry.push(name, anIndex().of(anImage()).ofArtifactType(sbom).annotated({ x: 'y' }).withSubject(image)),
      await registry.push(name, anIndex().of(anImage()).withSubject(image)),
    ];
    expect(byDigest(await registry.referrers(name, image.digest))).toEqual(descriptorsOf(...contents));
  });

  it('list what was pushed before its subject', async () => {
    const name = freshName('referrers');
    const image = anImage().build();
    const early = await registry.push(name, anArtifact(sbom).withSubject(image));
    expect(await registry.referrers(name, image.digest)).toEqual([early.descriptor]);
    await registry.pushContent(name, image);
    expect(await registry.referrers(name, image.digest)).toEqual([early.descriptor]);
  });

  it('of an index are listed too', async () => {
    const name = freshName('referrers');
    const index = await registry.push(name, anIndex().of(anImage()));
    const attached = await registry.push(name, anArtifact(sbom).withSubject(index));
    expect(await registry.referrers(name, index.digest)).toEqual([attached.descriptor]);
  });

  it('answers the push of a manifest with a subject by OCI-Subject', async () => {
    const name = freshName('referrers');
    const image = await registry.push(name, anImage());
    for (const builder of [anArtifact(sbom), anIndex()]) {
      const content = builder.withSubject(image).build();
      await registry.pushParts(name, content);
      expect((await registry.putManifest(name, content.digest, content)).header('OCI-Subject')).toBe(image.digest);
      expect((await registry.putManifest(name, 'tagged', content)).header('OCI-Subject')).toBe(image.digest);
    }
  });

  itEntrepot('answers no OCI-Subject to a manifest without one', async () => {
    const name = freshName('referrers');
    const image = anImage().build();
    await registry.pushParts(name, image);
    expect((await registry.putManifest(name, 'plain', image)).header('OCI-Subject')).toBeUndefined();
  });

  itEntrepot('belong to one repository', async () => {
    const [name, other] = [freshName('referrers'), freshName('referrers')];
    const image = await registry.push(name, anImage());
    await registry.push(other, anArtifact(sbom).withSubject(image));
    expect(await registry.referrers(name, image.digest)).toEqual([]);
  });
});

describe('filtered by artifactType', () => {
  const name = freshName('filter');
  let image: Content;
  let boms: Content[];
  let plain: Content;
  beforeAll(async () => {
    image = await registry.push(name, anImage());
    boms = [await registry.push(name, anArtifact(sbom).withSubject(image)), await registry.push(name, anArtifact(sbom).withSubject(image))];
    await registry.push(name, anArtifact(signature).withSubject(image));
    plain = await registry.push(name, anImage().withSubject(image));
  });
  const filtered = (artifactType: string) => http.get(withQuery(`/v2/${name}/referrers/${image.digest}`, { artifactType }));

  it('lists only those, and says that it filtered', async () => {
    const response = await filtered(sbom);
    const applied = response.header('OCI-Filters-Applied')?.split(/, */).includes('artifactType') ?? false;
    if (isEntrepot) expect(applied).toBe(true);
    const found = manifestsOf(response).filter((entry) => applied || entry.artifactType === sbom);
    expect(byDigest(found)).toEqual(descriptorsOf(...boms));
  });

  itEntrepot('finds images by their config media type', async () => {
    expect(manifestsOf(await filtered('application/vnd.oci.image.config.v1+json'))).toEqual([plain.descriptor]);
  });

  itEntrepot('lists nothing for a type nobody has', async () => {
    expect(manifestsOf(await filtered('application/vnd.example.none'))).toEqual([]);
  });

  itEntrepot('an impossible type is refused or has none, and harms nobody', async () => {
    expectError(await filtered('text/\u0000'), 400, 'UNSUPPORTED');
    expect(manifestsOf(await filtered("🚢'; --"))).toEqual([]);
  });

  itEntrepot('an empty filter is none', async () => {
    expect(manifestsOf(await filtered(''))).toHaveLength(4);
  });
});

describeEntrepot('referrers of old clients', () => {
  it('are listed although they went to the fallback tag, whichever came first', async () => {
    const name = freshName('fallback');
    const image = anImage().build();
    const attached = await registry.push(name, anArtifact(sbom).withSubject(image));
    // What a client does that finds no referrers API: it keeps an index of them under a tag.
    const fallback = anIndex().listing(pointTo(attached.descriptor)).tagged(image.digest.replace(':', '-'));
    await registry.push(name, fallback);
    await registry.pushContent(name, image);
    expect(await registry.referrers(name, image.digest)).toEqual([attached.descriptor]);
  });
});

describeEntrepot('what referrers refuse', () => {
  it.each(['sha256:baddigeststring', 'latest', `md5:${'a'.repeat(32)}`])('%s: 400', async (reference) => {
    expectError(await http.get(`/v2/${freshName('referrers')}/referrers/${reference}`), 400, 'DIGEST_INVALID');
  });

  it('a page after something that is no digest: 400', async () => {
    const target = `/v2/${freshName('referrers')}/referrers/${digestBytes('x')}`;
    expectError(await http.get(withQuery(target, { last: 'latest' })), 400, 'DIGEST_INVALID');
  });
});

describeEntrepot('referrers that come and go', () => {
  it('leave the list when they are deleted', async () => {
    const name = freshName('referrers');
    const image = await registry.push(name, anImage());
    const [one, two] = [
      await registry.push(name, anArtifact(sbom).withSubject(image)),
      await registry.push(name, anArtifact(sbom).withSubject(image)),
    ];
    expectStatus(await http.delete(`/v2/${name}/manifests/${one.digest}`), 202);
    expect(await registry.referrers(name, image.digest)).toEqual([two.descriptor]);
  });

  it('outlive their subject', async () => {
    const name = freshName('referrers');
    const image = await registry.push(name, anImage());
    const attached = await registry.push(name, anArtifact(sbom).withSubject(image));
    expectStatus(await http.delete(`/v2/${name}/manifests/${image.digest}`), 202);
    expect(await registry.referrers(name, image.digest)).toEqual([attached.descriptor]);
  });

  it('of sha512 subjects work likewise', async () => {
    const name = freshName('referrers');
    const image = await registry.push(name, anImage().hashedWith('sha512'));
    const attached = await registry.push(name, anArtifact(sbom).hashedWith('sha512').withSubject(image));
    expect(await registry.referrers(name, image.digest)).toEqual([attached.descriptor]);
  });
});

describeEntrepot('a long list of referrers', () => {
  it('comes in pages below 4 MiB, chained by Link headers, nothing twice and nothing left out', async () => {
    const name = freshName('pages');
    const image = await registry.push(name, anImage());
    const config = Buffer.from('{}');
    const pushed = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const artifact = anArtifact(sbom)
        .withLayer(config)
        .annotated({ number: `${i}`, large: 'x'.repeat(3_000_000) })
        .withSubject(image);
      pushed.add((await registry.push(name, artifact)).digest);
    }
    const seen: string[] = [];
    let target: string | undefined = withQuery(`/v2/${name}/referrers/${image.digest}`, { artifactType: sbom });
    let pages = 0;
    for (; target; pages++) {
      const response: HttpResponse = await http.get(target);
      expect(response.body.length).toBeLessThanOrEqual(4 * 1024 * 1024);
      expect(response.header('OCI-Filters-Applied')).toBe('artifactType');
      seen.push(...manifestsOf(response).map(({ digest }) => digest));
      target = /^<([^>]+)>; *rel="?next"?$/.exec(response.header('Link') ?? '')?.[1];
    }
    expect(pages).toBeGreaterThan(1);
    expect(seen).toHaveLength(3);
    expect(new Set(seen)).toEqual(pushed);
  });
});
