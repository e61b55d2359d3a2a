import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anImage } from '../../support/builders.js';
import { digestBytes, type Content } from '../../support/content.js';
import { EmbeddedRows } from './embedded-rows.js';
import { eventually } from './eventually.js';
import { Installation } from './installation.js';
import { StallingWorker, stallSettings } from './stalling-worker.js';

const steps = [
  'links claimed',
  'links deleted',
  'links committed',
  'blobs claimed',
  'blobs deleted',
  'blobs committed',
  'objects claimed',
  'one object removed',
  'objects struck off',
  'objects committed',
];

describe('kill -9 of the worker at every step of a collection', () => {
  const name = 'faults/collection';
  const control = join(tmpdir(), `stall-${randomUUID()}`);
  let installation: Installation;
  let worker: StallingWorker;
  let rows: EmbeddedRows;
  let kept: Content;

  beforeAll(async () => {
    const settings = { BLOB_GRACE_SECONDS: '1', BLOB_LINGER_SECONDS: '0', SCRUB_MIB_PER_SECOND: '0', ...stallSettings(control) };
    installation = await Installation.start(settings);
    worker = new StallingWorker(installation, control);
    rows = new EmbeddedRows(installation.dataDir);
    kept = await push(anImage().withLayers(2, 20_000).build());
  });
  afterAll(async () => {
    await rows.close();
    await installation.remove();
    for (const file of [control, `${control}.reached`]) rmSync(file, { force: true });
  });

  /** As a client does that is told to upload again. */
  async function push(image: Content): Promise<Content> {
    await eventually(() => installation.client.pushContent(name, image));
    return image;
  }
  const remove = async (image: Content) => (await installation.client.http.delete(`/v2/${name}/manifests/${image.digest}`)).status;

  async function damageTo(image: Content): Promise<string[]> {
    const damage: string[] = [];
    const manifest = await installation.client.http.get(`/v2/${name}/manifests/${image.digest}`);
    if (!manifest.body.equals(image.bytes)) damage.push(`manifest: ${manifest.status}`);
    for (const blob of image.blobs) {
      const { status, body } = await installation.client.http.get(`/v2/${name}/blobs/${digestBytes(blob)}`);
      if (!body.equals(blob)) damage.push(`blob ${digestBytes(blob)}: ${status}`);
    }
    return damage;
  }

  const objects = async () => {
    const entries = await readdir(join(installation.dataDir, 'storage/blobs'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };

  it.each(steps)('%s: the next worker finishes, and what was pushed again meanwhile is there', async (step) => {
    const image = await push(anImage().withLayers(3, 5_000).build());
    worker.stallAt(step);
    expect(await remove(image)).toBe(202);
    await worker.killThere();
    // Before anybody is there to go on with the collection.
    await push(image);
    await eventually(async () => expect((await rows.count('reviews')) + (await rows.count('outbox'))).toBe(0));
    expect(await damageTo(image)).toEqual([]);
    await eventually(async () => expect(await objects()).toBe(kept.blobs.length + image.blobs.length));
    expect(await remove(image)).toBe(202);
  });

  it('in the end nothing is left but what is used', async () => {
    await eventually(async () => {
      expect((await rows.count('reviews')) + (await rows.count('outbox'))).toBe(0);
      expect(await objects()).toBe(kept.blobs.length);
    });
    expect([await rows.count('blobs'), await rows.count('blob_links')]).toEqual([kept.blobs.length, kept.blobs.length]);
    expect(await damageTo(kept)).toEqual([]);
  });
});
