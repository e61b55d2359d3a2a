import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describeWith, programOf } from './fixture/clients.js';
import { inLayout, published, referrers } from './fixture/published.js';
import { layoutFolder, layoutTags, registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['oras'], 'oras', () => {
  const workspace = new Workspace();
  const oras = (...args: string[]) => workspace.run(programOf('oras'), args);
  const at = (repository: string, tag = 'v1') => `${registryHost()}/${repository}:${tag}`;
  const index = inLayout(layoutTags.index);
  const sbom = JSON.stringify({ spdxVersion: 'SPDX-2.3', name: 'system', packages: [{ name: 'dash', SPDXID: 'SPDXRef-dash' }] });
  const spdx = 'application/spdx+json';

  beforeAll(async () => {
    workspace.write('sbom.json', sbom);
    await oras('copy', '--recursive', '--from-oci-layout', `${layoutFolder()}:${layoutTags.index}`, '--to-plain-http', at('oras/system'));
  });
  afterAll(() => workspace.remove());

  it('copies an index with everything below it out of a layout', async () => {
    expect((await published('oras/system', 'v1')).digest).toBe(index.digest);
  });

  it('pushes files of any type as an artifact and pulls them back', async () => {
    const bytes = randomBytes(3_000_000);
    workspace.write('model.bin', bytes);
    await oras(
      'push',
      '--plain-http',
      '--artifact-type',
      'application/vnd.example.model',
      at('oras/model'),
      'model.bin:application/octet-stream',
    );
    await oras('pull', '--plain-http', '--output', workspace.newFolder('model'), at('oras/model'));
    expect(readFileSync(workspace.path('model/model.bin')).equals(bytes)).toBe(true);
  });

  it('attaches an SBOM that everybody discovers, and that comes back as it was', async () => {
    await oras('attach', '--plain-http', '--artifact-type', spdx, '--annotation', 'kind=sbom', at('oras/system'), `sbom.json:${spdx}`);

    const [attached] = await referrers('oras/system', index.digest);
    expect(attached).toMatchObject({ artifactType: spdx, annotations: { kind: 'sbom' } });
    expect((await published('oras/system', attached?.digest ?? '')).manifest.subject?.digest).toBe(index.digest);

    const discovered = await oras('discover', '--plain-http', '--format', 'json', '--artifact-type', spdx, at('oras/system'));
    expect(JSON.parse(discovered)).toMatchObject({ manifests: [{ digest: attached?.digest, artifactType: spdx }] });
    await oras('pull', '--plain-http', '--output', workspace.newFolder('sbom'), `${registryHost()}/oras/system@${attached?.digest}`);
    expect(readFileSync(workspace.path('sbom/sbom.json'), 'utf8')).toBe(sbom);
  });

  it('takes an index and what refers to it along into another repository', async () => {
    await oras('attach', '--plain-http', '--artifact-type', 'text/x-note', at('oras/system'), `sbom.json:${spdx}`);
    await oras('copy', '--recursive', '--from-plain-http', '--to-plain-http', at('oras/system'), at('oras/mirror'));
    expect((await published('oras/mirror', 'v1')).digest).toBe(index.digest);
    const types = (await referrers('oras/mirror', index.digest)).map(({ artifactType }) => artifactType);
    expect(types).toContain('text/x-note');
  });

  it('lists repositories and tags, fetches and deletes a manifest', async () => {
    await oras('tag', '--plain-http', at('oras/model'), 'v2', 'latest');
    expect((await oras('repo', 'tags', '--plain-http', `${registryHost()}/oras/model`)).split('\n')).toEqual(['latest', 'v1', 'v2']);
    expect((await oras('repo', 'ls', '--plain-http', registryHost())).split('\n')).toContain('oras/model');
    await oras('manifest', 'delete', '--plain-http', '--force', at('oras/model', 'v2'));
    await expect(oras('manifest', 'fetch', '--plain-http', at('oras/model', 'v2'))).rejects.toThrow('not found');
  });
});
