import { describeWith, programOf } from './fixture/clients.js';
import { published, referrers, tagsOf } from './fixture/published.js';
import { layoutFolder, layoutTags, registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['cosign', 'skopeo'], 'cosign', () => {
  const workspace = new Workspace();
  const offline = {
    sign: ['--key', 'cosign.key', '--tlog-upload=false', '--yes'],
    verify: ['--key', 'cosign.pub', '--insecure-ignore-tlog'],
  };
  const cosign = (command: string, ...args: string[]) => workspace.run(programOf('cosign'), [command, '--allow-http-registry', ...args]);
  const pushed = async (repository: string) => {
    const remote = `docker://${registryHost()}/${repository}:v1`;
    await workspace.run(programOf('skopeo'), ['copy', '--quiet', '--all', `oci:${layoutFolder()}:${layoutTags.index}`, remote]);
    const { digest } = await published(repository, 'v1');
    return { digest, hex: digest.slice('sha256:'.length), reference: `${registryHost()}/${repository}@${digest}` };
  };

  beforeAll(() => workspace.run(programOf('cosign'), ['generate-key-pair']));
  afterAll(() => workspace.remove());

  it('signs an index under its legacy tag, and verifies the signature', async () => {
    const image = await pushed('cosign/legacy');
    await expect(cosign('verify', ...offline.verify, image.reference)).rejects.toThrow('no signatures found');
    await cosign('sign', ...offline.sign, image.reference);
    expect(await tagsOf('cosign/legacy')).toContain(`sha256-${image.hex}.sig`);
    const verified = JSON.parse(await cosign('verify', ...offline.verify, image.reference)) as unknown;
    expect(verified).toMatchObject([{ critical: { image: { 'docker-manifest-digest': image.digest } } }]);
  });

  it('signs as a referrer of the subject, leaving no tag behind', async () => {
    const image = await pushed('cosign/referrer');
    workspace.env['COSIGN_EXPERIMENTAL'] = '1';
    await cosign('sign', ...offline.sign, '--registry-referrers-mode', 'oci-1-1', image.reference);
    expect(await tagsOf('cosign/referrer')).toEqual(['v1']);
    const [signature] = await referrers('cosign/referrer', image.digest);
    expect(signature?.artifactType).toBe('application/vnd.dev.cosign.artifact.sig.v1+json');
    await cosign('verify', ...offline.verify, '--experimental-oci11', image.reference);
    delete workspace.env['COSIGN_EXPERIMENTAL'];
  });

  it('attests in a bundle that is a referrer, and verifies the statement', async () => {
    const image = await pushed('cosign/bundle');
    workspace.write('predicate.json', '{"builder":"a test"}');
    const statement = ['--predicate', 'predicate.json', '--type', 'https://example.test/build/v1'];
    await cosign('attest', ...offline.sign, '--new-bundle-format', ...statement, image.reference);
    const [bundle] = await referrers('cosign/bundle', image.digest);
    expect(bundle?.artifactType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    // A root that trusts nobody, else cosign fetches the public one.
    workspace.write('root.json', '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}');
    const form = ['--new-bundle-format', '--trusted-root', 'root.json', '--type', 'https://example.test/build/v1'];
    await cosign('verify-attestation', ...offline.verify, ...form, image.reference);
  });

  it('attests under the legacy tag, and shows both beside the image', async () => {
    const image = await pushed('cosign/attested');
    workspace.write('predicate.json', '{"builder":"a test"}');
    await cosign('attest', ...offline.sign, '--predicate', 'predicate.json', '--type', 'custom', image.reference);
    await cosign('verify-attestation', ...offline.verify, '--type', 'custom', image.reference);
    expect(await tagsOf('cosign/attested')).toContain(`sha256-${image.hex}.att`);
    expect(await cosign('tree', image.reference)).toContain('Attestations');
  });
});
