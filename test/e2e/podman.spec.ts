import { describeWith, programOf } from './fixture/clients.js';
import { inLayout, partsOf, published } from './fixture/published.js';
import { layoutFolder, layoutTags, registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['podman'], 'podman', () => {
  const workspace = new Workspace();
  const podman = (...args: string[]) => workspace.run(programOf('podman'), args);
  const image = () => `${registryHost()}/podman/system:v1`;
  afterAll(() => workspace.remove());

  it('pushes an image and pulls the same one into an empty storage', async () => {
    const id = await podman('pull', '--quiet', `oci:${layoutFolder()}:${layoutTags.image}`);
    await podman('tag', id, image());
    await podman('push', '--quiet', '--digestfile', workspace.path('digest'), image());
    const pushed = await published('podman/system', 'v1');
    expect(pushed.manifest.config?.digest).toBe(inLayout(layoutTags.image).manifest.config?.digest);

    await podman('rmi', '--force', id);
    expect(await podman('pull', '--quiet', image())).toBe(id);
    expect(await podman('inspect', '--format', '{{.Digest}}', image())).toBe(pushed.digest);
  });

  it('pulls by digest, and runs nothing to know what is inside', async () => {
    const { digest, manifest } = await published('podman/system', 'v1');
    const id = await podman('pull', '--quiet', `${registryHost()}/podman/system@${digest}`);
    expect(`sha256:${id}`).toBe(manifest.config?.digest);
    const mounted = await podman('image', 'mount', id);
    expect(await workspace.run('ls', [`${mounted}/usr/bin/dash`])).toContain('dash');
    await podman('image', 'umount', id);
  });

  it('pushes a manifest list of its own making', async () => {
    const list = `${registryHost()}/podman/multi:v1`;
    await podman('manifest', 'create', list);
    await podman('manifest', 'add', list, `docker://${image()}`);
    await podman('manifest', 'push', '--all', list, `docker://${list}`);
    const { manifest } = await published('podman/multi', 'v1');
    expect(manifest.manifests).toHaveLength(1);
    const child = await published('podman/multi', manifest.manifests?.[0]?.digest ?? '');
    expect(partsOf(child)).toEqual(partsOf(await published('podman/system', 'v1')));
  });
});
