import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../support/cluster/cluster.js';
import { Registry } from '../../support/registry.js';
import { describeWith, programOf } from '../fixture/clients.js';
import { ImageLayout } from '../fixture/image-layout.js';
import { digestsInFolder } from '../fixture/published.js';
import { systemFiles } from '../fixture/root-filesystem.js';
import { Workspace } from '../fixture/workspace.js';

describeWith(['redis-server', 'radosgw', 'skopeo'], 'clients sent to the object store for blobs', () => {
  const name = 'cluster/redirect';
  const folder = join(tmpdir(), `layout-${randomUUID().slice(0, 8)}`);
  let cluster: Cluster;
  let workspace: Workspace;
  let parts: readonly string[];
  let layer: string;

  beforeAll(async () => {
    cluster = await Cluster.start({ storage: 's3', replicas: 2, workers: 1, env: { S3_REDIRECT: 'true' } });
    process.env['E2E_REGISTRY_URL'] = cluster.url;
    workspace = new Workspace();
    const layout = new ImageLayout(folder);
    const system = await layout.layer(systemFiles());
    const image = layout.image({ os: 'linux', architecture: 'amd64' }, [system]);
    layout.tag('image', image);
    layer = system.descriptor.digest;
    parts = [image.digest, layer];
  });
  afterAll(async () => {
    await workspace?.remove();
    await rm(folder, { recursive: true, force: true });
    await cluster?.stop();
  });

  const skopeo = (...args: string[]) => workspace.run(programOf('skopeo'), ['copy', '--quiet', ...args]);

  it('go there, and pull what was pushed', async () => {
    const pushed = `docker://${new URL(cluster.url).host}/${name}:v1`;
    await skopeo(`oci:${folder}:image`, pushed);
    const blob = await new Registry(cluster.url).http.get(`/v2/${name}/blobs/${layer}`);
    expect(blob.status).toBe(307);
    expect(new URL(blob.header('location')!).origin).toBe(new URL(cluster.store!.endpoint).origin);
    await skopeo(pushed, `dir:${workspace.path('back')}`);
    expect(digestsInFolder(workspace.path('back'))).toEqual(expect.arrayContaining([...parts]));
  });
});
