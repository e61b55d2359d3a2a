import { describeWith, programOf } from './fixture/clients.js';
import { inLayout, published } from './fixture/published.js';
import { layoutFolder, layoutTags, registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['buildah', 'skopeo'], 'buildah', () => {
  const workspace = new Workspace();
  const buildah = (...args: string[]) => workspace.run(programOf('buildah'), args);
  const app = () => `${registryHost()}/buildah/app:v1`;
  beforeAll(async () => {
    const base = `docker://${registryHost()}/buildah/base:v1`;
    await workspace.run(programOf('skopeo'), ['copy', '--quiet', '--all', `oci:${layoutFolder()}:${layoutTags.index}`, base]);
  });
  afterAll(() => workspace.remove());

  it('builds on an image it pulls, pushes the result, and pulls the same back', async () => {
    workspace.write('build/greeting', 'made in a test\n');
    workspace.write(
      'build/Containerfile',
      [
        `FROM ${registryHost()}/buildah/base:v1`,
        'COPY greeting /srv/',
        'RUN sha256sum /srv/greeting > /srv/sum',
        'LABEL made.by=buildah',
      ].join('\n'),
    );
    await buildah('build', '--quiet', '--isolation', 'chroot', '--tag', app(), workspace.path('build'));
    await buildah('push', '--quiet', '--digestfile', workspace.path('digest'), app());

    const pushed = await published('buildah/app', 'v1');
    expect(pushed.digest).toBe(await workspace.run('cat', [workspace.path('digest')]));
    expect(pushed.manifest.layers).toHaveLength(4);
    expect(pushed.manifest.layers?.slice(0, 3)).toEqual(inLayout(layoutTags.image).manifest.layers);

    await buildah('rmi', '--all', '--force');
    const id = await buildah('pull', '--quiet', app());
    expect(`sha256:${id}`).toBe(pushed.manifest.config?.digest);
  });

  it('assembles an index of images that are in the registry already', async () => {
    const index = `${registryHost()}/buildah/multi:v1`;
    await buildah('manifest', 'create', index);
    await buildah('manifest', 'add', '--all', index, `docker://${registryHost()}/buildah/base:v1`);
    await buildah('manifest', 'push', '--all', '--format', 'oci', index, `docker://${index}`);

    const { manifest } = await published('buildah/multi', 'v1');
    const digests = (entries: typeof manifest.manifests) => (entries ?? []).map(({ digest }) => digest).sort();
    expect(digests(manifest.manifests)).toEqual(digests(inLayout(layoutTags.index).manifest.manifests));
  });
});
