import { describeWith, programOf } from './fixture/clients.js';
import { digestsInFolder, inLayout, partsOf, published, tagsOf } from './fixture/published.js';
import { layoutFolder, layoutTags, registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['skopeo'], 'skopeo', () => {
  const workspace = new Workspace();
  const skopeo = (...args: string[]) => workspace.run(programOf('skopeo'), args);
  const remote = (repository: string, reference: string) => `docker://${registryHost()}/${repository}:${reference}`;
  const local = (tag: string) => `oci:${layoutFolder()}:${tag}`;
  afterAll(() => workspace.remove());

  it('pushes an image with a layer above 100 MB and pulls every byte of it back', async () => {
    const image = inLayout(layoutTags.image);
    expect(Math.max(...(image.manifest.layers ?? []).map((layer) => layer.size))).toBeGreaterThan(100e6);

    await skopeo('copy', '--quiet', local(layoutTags.image), remote('skopeo/system', 'v1'));
    await skopeo('copy', '--quiet', remote('skopeo/system', 'v1'), `dir:${workspace.path('back')}`);

    expect((await published('skopeo/system', 'v1')).digest).toBe(image.digest);
    expect(digestsInFolder(workspace.path('back'))).toEqual(partsOf(image));
  });

  it('pushes an index with the images of all platforms under one tag', async () => {
    const index = inLayout(layoutTags.index);
    await skopeo('copy', '--quiet', '--all', local(layoutTags.index), remote('skopeo/multi', 'v1'));
    await skopeo('copy', '--quiet', '--all', remote('skopeo/multi', 'v1'), `oci:${workspace.path('multi')}:v1`);

    expect((await published('skopeo/multi', 'v1')).digest).toBe(index.digest);
    for (const child of index.manifest.manifests ?? []) {
      expect((await published('skopeo/multi', child.digest)).manifest.layers).toHaveLength(
        child.platform?.architecture === 'amd64' ? 3 : 1,
      );
    }
    const inspected = await skopeo('inspect', '--override-arch', 'arm64', '--format', '{{.Architecture}}', remote('skopeo/multi', 'v1'));
    expect(inspected).toBe('arm64');
  });

  it('copies an image from repository to repository under its digest', async () => {
    await skopeo('copy', '--quiet', '--all', local(layoutTags.index), remote('skopeo/origin', 'v1'));
    await skopeo('copy', '--quiet', '--all', '--preserve-digests', remote('skopeo/origin', 'v1'), remote('skopeo/mirror/deep/name', 'v1'));
    expect((await published('skopeo/mirror/deep/name', 'v1')).digest).toBe(inLayout(layoutTags.index).digest);
  });

  it('converts to Docker schema 2, image and list', async () => {
    await skopeo('copy', '--quiet', '--all', '--format', 'v2s2', local(layoutTags.index), remote('skopeo/docker', 'v1'));
    const { manifest } = await published('skopeo/docker', 'v1');
    expect(manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json');
    expect(manifest.manifests).toHaveLength(2);
    await skopeo('copy', '--quiet', '--all', remote('skopeo/docker', 'v1'), `dir:${workspace.path('docker')}`);
  });

  it('lists tags, and deletes an image by tag', async () => {
    for (const tag of ['b', 'a', 'B']) await skopeo('copy', '--quiet', local(layoutTags.image), remote('skopeo/tags', tag));
    expect(JSON.parse(await skopeo('list-tags', `docker://${registryHost()}/skopeo/tags`))).toMatchObject({ Tags: ['B', 'a', 'b'] });
    await skopeo('delete', remote('skopeo/tags', 'a'));
    expect(await tagsOf('skopeo/tags')).toEqual([]);
  });
});
