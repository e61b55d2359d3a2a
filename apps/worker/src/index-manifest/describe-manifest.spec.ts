import { parseManifest } from '#manifest';
import { mediaTypes } from '#oci';
import { describeManifest, hasTellingConfig } from './describe-manifest.js';

const sha = (letter: string) => `sha256:${letter.repeat(64)}`;
const emptyConfig = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha('e'), size: 2 };
const ociConfig = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha('c'), size: 100 };
const gzip = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: sha('1'), size: 1_000 };

type Body = Record<string, unknown>;
const image = (body: Body): Body => ({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: ociConfig, layers: [gzip], ...body });
const index = (manifests: Body[], body: Body = {}): Body => ({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests, ...body });
const describeBody = (body: Body, config?: Body) => describeManifest(parseManifest(Buffer.from(JSON.stringify(body)), undefined), config);

const dsse = (annotations: Body) => ({ mediaType: 'application/vnd.dsse.envelope.v1+json', digest: sha('2'), size: 300, annotations });
const bundle = (annotations: Body) =>
  image({
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    config: emptyConfig,
    layers: [{ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', digest: sha('2'), size: 300 }],
    annotations,
    subject: { mediaType: mediaTypes.ociManifest, digest: sha('5'), size: 500 },
  });
const simpleSigning = {
  mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
  digest: sha('2'),
  size: 250,
  annotations: { 'dev.cosignproject.cosign/signature': 'MEUCIQD…' },
};
const orasArtifact = (artifactType: string, layer = artifactType) =>
  image({ artifactType, config: emptyConfig, layers: [{ mediaType: layer, digest: sha('2'), size: 300 }] });

describe('what a manifest is', () => {
  const cases: [string, string, Body][] = [
    ['an OCI image', 'image', image({})],
    [
      'a Docker image',
      'image',
      {
        schemaVersion: 2,
        mediaType: mediaTypes.dockerManifest,
        config: { ...ociConfig, mediaType: 'application/vnd.docker.container.image.v1+json' },
        layers: [{ ...gzip, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
      },
    ],
    ['an OCI index', 'index', index([])],
    ['a Docker manifest list', 'index', { ...index([]), mediaType: mediaTypes.dockerList }],
    ['an index that is an artifact', 'index', index([], { artifactType: 'application/vnd.acme.bundle' })],
    [
      'a Helm chart',
      'helm-chart',
      image({
        config: { ...ociConfig, mediaType: 'application/vnd.cncf.helm.config.v1+json' },
        layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', digest: sha('1'), size: 9 }],
      }),
    ],
    ['cosign’s .sig', 'cosign-signature', image({ layers: [simpleSigning] })],
    [
      'cosign’s .att',
      'attestation',
      image({ layers: [dsse({ 'dev.cosignproject.cosign/signature': '', predicateType: 'https://slsa.dev/provenance/v1' })] }),
    ],
    ['cosign’s .sbom', 'sbom', image({ layers: [{ mediaType: 'text/spdx', digest: sha('2'), size: 10 }] })],
    ['a sigstore bundle of a signature', 'cosign-signature', bundle({ 'dev.sigstore.bundle.content': 'message-signature' })],
    [
      'a sigstore bundle that signs by attesting',
      'cosign-signature',
      bundle({
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
      }),
    ],
    [
      'a sigstore bundle of an attestation',
      'attestation',
      bundle({ 'dev.sigstore.bundle.content': 'dsse-envelope', 'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1' }),
    ],
    [
      'buildx’s attestation manifest',
      'attestation',
      image({
        layers: [
          {
            mediaType: 'application/vnd.in-toto+json',
            digest: sha('2'),
            size: 300,
            annotations: { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' },
          },
        ],
      }),
    ],
    ['an SPDX document attached with oras', 'sbom', orasArtifact('application/spdx+json')],
    ['a CycloneDX document attached with oras', 'sbom', orasArtifact('application/vnd.cyclonedx+json')],
    [
      'a WebAssembly component',
      'wasm',
      image({
        config: { ...ociConfig, mediaType: 'application/vnd.wasm.config.v0+json' },
        layers: [{ mediaType: 'application/wasm', digest: sha('1'), size: 9 }],
      }),
    ],
    [
      'an artifact with the empty config',
      'other',
      orasArtifact('application/vnd.acme.rocket.config.v1+json', 'application/vnd.oci.image.layer.v1.tar'),
    ],
    [
      'an artifact with a config of its own',
      'other',
      image({ config: { ...ociConfig, mediaType: 'application/vnd.unknown.config.v1+json' } }),
    ],
    ['an artifact that borrows the image config', 'other', image({ artifactType: 'application/vnd.acme.thing' })],
    ['a Notary signature', 'other', orasArtifact('application/vnd.cncf.notary.signature', 'application/jose+json')],
  ];
  it.each(cases)('%s is %s', (_what, kind, body) => {
    expect(describeBody(body).kind).toBe(kind);
  });

  it('is a matter of the platform for WebAssembly in an ordinary image', () => {
    expect(describeBody(image({}), { os: 'wasip1', architecture: 'wasm' }).kind).toBe('wasm');
  });
});

describe('the details', () => {
  it('of an image are its platform, time, size and labels', () => {
    const config = {
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      created: '2026-01-02T03:04:05.678901234+01:00',
      config: { Labels: { maintainer: 'ops', broken: 5 }, Env: ['A=b'] },
    };
    const { details } = describeBody(image({ layers: [gzip, gzip, { ...gzip, digest: sha('2') }] }), config);
    expect(details).toMatchObject({
      platforms: [{ os: 'linux', architecture: 'arm64', variant: 'v8' }],
      created: '2026-01-02T02:04:05.678Z',
      totalSize: 2_100,
      labels: { maintainer: 'ops' },
    });
  });

  it('of a chart are its Chart.yaml, and whether a provenance came with it', () => {
    const layers = [
      { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', digest: sha('1'), size: 9 },
      { mediaType: 'application/vnd.cncf.helm.chart.provenance.v1.prov', digest: sha('2'), size: 9 },
    ];
    const body = image({
      config: { ...ociConfig, mediaType: 'application/vnd.cncf.helm.config.v1+json' },
      layers,
      annotations: { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z', 'org.opencontainers.image.title': 'web' },
    });
    const config = {
      apiVersion: 'v2',
      name: 'web',
      version: '1.2.3',
      appVersion: '4.5',
      description: 'A web server',
      keywords: ['http', 7],
      maintainers: [{ name: 'Ann', email: 'ann@example.org', shoeSize: 38 }, 'nobody'],
      dependencies: [{ name: 'redis', version: '^7', repository: 'oci://example.org/charts', condition: 'redis.enabled' }],
    };
    const { details } = describeBody(body, config);
    expect(details.created).toBe('2026-01-02T03:04:05.000Z');
    expect(details.annotations).toEqual(body['annotations']);
    expect(details.chart).toMatchObject({
      name: 'web',
      version: '1.2.3',
      appVersion: '4.5',
      description: 'A web server',
      keywords: ['http'],
      deprecated: false,
      maintainers: [{ name: 'Ann', email: 'ann@example.org' }],
      dependencies: [{ name: 'redis', version: '^7', repository: 'oci://example.org/charts' }],
      provenance: true,
    });
  });

  it('of an index are its children and their platforms, without buildx’s attestations', () => {
    const child = (letter: string, platform: Body, annotations?: Body) => ({
      mediaType: mediaTypes.ociManifest,
      digest: sha(letter),
      size: 500,
      platform,
      annotations,
    });
    const attests = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': sha('a') };
    const { details } = describeBody(
      index([
        child('a', { os: 'linux', architecture: 'amd64' }),
        child('b', { os: 'linux', architecture: 'arm', variant: 'v7' }),
        child('d', { os: 'unknown', architecture: 'unknown' }, attests),
      ]),
    );
    expect(details.platforms).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ]);
    expect(details.children).toHaveLength(3);
    expect(details.children?.[2]).toMatchObject({ digest: sha('d'), attests: sha('a') });
    expect(details.children?.[2]?.platform).toBeUndefined();
    expect(details.totalSize).toBe(1_500);
  });

  it('of an attestation are the types of what it states', () => {
    const layer = { mediaType: 'application/vnd.in-toto+json', size: 300 };
    const { details } = describeBody(
      image({
        layers: [
          { ...layer, digest: sha('1'), annotations: { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' } },
          { ...layer, digest: sha('2'), annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' } },
        ],
      }),
    );
    expect(details.predicateTypes).toEqual(['https://spdx.dev/Document', 'https://slsa.dev/provenance/v0.2']);
  });

  it.each([{}, { os: 1, created: 'yesterday', config: { Labels: [] } }, { config: null }])(
    'are what can be known with the config %j',
    (config) => {
      const { kind, details } = describeBody(image({}), config);
      expect(kind).toBe('image');
      expect(details).toMatchObject({ platforms: [], totalSize: 1_100, labels: {} });
    },
  );

  it('need the config only where it is a document', () => {
    const telling = (body: Body) => hasTellingConfig(parseManifest(Buffer.from(JSON.stringify(body)), undefined));
    expect(telling(image({}))).toBe(true);
    expect(telling(orasArtifact('application/spdx+json'))).toBe(false);
    expect(telling(index([]))).toBe(false);
  });
});
