import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anImage } from '../../support/builders.js';
import { digestBytes } from '../../support/content.js';
import { withQuery } from '../../support/registry.js';
import { describeWith, programOf } from '../fixture/clients.js';
import { ImageLayout } from '../fixture/image-layout.js';
import { digestsInFolder } from '../fixture/published.js';
import { systemFiles } from '../fixture/root-filesystem.js';
import { eventually } from './eventually.js';
import { Surroundings } from './surroundings.js';

interface Run {
  readonly finished_at: Date | null;
  readonly report: Readonly<Record<string, unknown>>;
}

describeWith(['skopeo'], 'a flipped byte in a stored blob', () => {
  const name = 'faults/damage';
  const folder = join(tmpdir(), `layout-${randomUUID().slice(0, 8)}`);
  let here: Surroundings;
  let layer: string;

  beforeAll(async () => {
    here = await Surroundings.start({ SCRUB_MIB_PER_SECOND: '0' });
    const layout = new ImageLayout(folder);
    const system = await layout.layer(systemFiles());
    layer = system.descriptor.digest;
    layout.tag('image', layout.image({ os: 'linux', architecture: 'amd64' }, [system]));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await here.remove();
  });

  const skopeo = (...args: string[]) => here.workspace.run(programOf('skopeo'), ['copy', '--quiet', ...args]);
  const pushed = () => `docker://${here.host}/${name}:v1`;
  const statusOf = async (method: string, target: string) => (await here.installation.client.http.request(method, target)).status;

  async function flipByteOf(digest: string): Promise<void> {
    const [blob] = await here.rows.all<{ storage_key: string }>('select storage_key from blobs where digest_text(digest) = $1', [digest]);
    const file = await open(join(here.installation.dataDir, 'storage', blob!.storage_key), 'r+');
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 1_000);
    await file.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, 1_000);
    await file.close();
  }

  async function scrub(): Promise<Run['report']> {
    const [asked] = await here.rows.all<{ id: string }>(
      `insert into maintenance_runs (kind, options) values ('scrub', '{"mibPerSecond": 1000}') returning id`,
    );
    return eventually(async () => {
      const [run] = await here.rows.all<Run>('select finished_at, report from maintenance_runs where id = $1', [asked!.id]);
      if (!run?.finished_at) throw new Error('the scrub is not over');
      return run.report;
    }, 60_000);
  }

  it('is found, told, never served, and healed by the next push of the same image', async () => {
    await skopeo(`oci:${folder}:image`, pushed());
    expect(await scrub()).toMatchObject({ damaged: 0 });
    await flipByteOf(layer);

    expect(await scrub()).toMatchObject({ damaged: 1, damagedDigests: [layer] });
    expect(here.installation.running.output).toContain('stored bytes are damaged');
    const blob = `/v2/${name}/blobs/${layer}`;
    expect([await statusOf('GET', blob), await statusOf('HEAD', blob)]).toEqual([404, 404]);
    expect(await statusOf('POST', withQuery('/v2/faults/other/blobs/uploads/', { mount: layer, from: name }))).toBe(202);
    const user = anImage()
      .with({ layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layer, size: 1 }] })
      .build();
    await here.installation.client.pushBlob(name, user.blobs[0]!);
    expect((await here.installation.client.putManifest(name, 'v2', user)).json()).toMatchObject({
      errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }],
    });
    expect(await statusOf('HEAD', `/v2/${name}/manifests/v1`)).toBe(200);
    await expect(skopeo(pushed(), `dir:${here.workspace.path('broken')}`)).rejects.toThrow();

    await skopeo(`oci:${folder}:image`, pushed());
    const healed = await here.installation.client.http.get(blob);
    expect(digestBytes(healed.body)).toBe(layer);
    await skopeo(pushed(), `dir:${here.workspace.path('whole')}`);
    expect(digestsInFolder(here.workspace.path('whole'))).toContain(layer);
    expect(await scrub()).toMatchObject({ damaged: 0 });
  });
});
