import { readFileSync } from 'node:fs';
import { describeWith, programOf } from './fixture/clients.js';
import { layoutFolder, layoutTags, registryHost } from './fixture/run.js';
import { Workspace } from './fixture/workspace.js';

describeWith(['skopeo', 'umoci'], 'umoci', () => {
  const workspace = new Workspace();
  const skopeo = (...args: string[]) => workspace.run(programOf('skopeo'), args);
  const umoci = (...args: string[]) => workspace.run(programOf('umoci'), args);
  afterAll(() => workspace.remove());

  it('repacks a changed root filesystem that another machine unpacks unchanged', async () => {
    const remote = `docker://${registryHost()}/umoci/system:v2`;
    const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
    await skopeo(
      'copy',
      '--quiet',
      `oci:${layoutFolder()}:${layoutTags.index}`,
      '--override-arch',
      'arm64',
      `oci:${workspace.path('here')}:v1`,
    );
    await umoci('unpack', ...rootless, '--image', `${workspace.path('here')}:v1`, workspace.path('bundle'));
    workspace.write('bundle/rootfs/srv/note', 'written between unpack and repack\n');
    await umoci('repack', '--image', `${workspace.path('here')}:v2`, workspace.path('bundle'));

    await skopeo('copy', '--quiet', `oci:${workspace.path('here')}:v2`, remote);
    await skopeo('copy', '--quiet', '--override-arch', 'arm64', remote, `oci:${workspace.path('there')}:v2`);
    await umoci('unpack', ...rootless, '--image', `${workspace.path('there')}:v2`, workspace.path('unpacked'));

    expect(readFileSync(workspace.path('unpacked/rootfs/srv/note'), 'utf8')).toBe('written between unpack and repack\n');
    await workspace.run('diff', ['--recursive', '--no-dereference', workspace.path('bundle/rootfs'), workspace.path('unpacked/rootfs')]);
  });
});
