import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { anImage } from '../../support/builders.js';
import { digestBytes } from '../../support/content.js';
import { describeWith, programOf } from '../fixture/clients.js';
import { digestsInFolder } from '../fixture/published.js';
import { entrepot, interrupted } from './command-line.js';
import { eventually } from './eventually.js';
import { processOf } from './processes.js';
import { Surroundings } from './surroundings.js';

const settings = {
  BLOB_GRACE_SECONDS: '1',
  BLOB_LINGER_SECONDS: '0',
  SCRUB_MIB_PER_SECOND: '0',
  RETENTION_INTERVAL_SECONDS: '0',
  UPLOAD_EXPIRY_SECONDS: '60',
  SWEEP_MIN_AGE_SECONDS: '60',
};

describeWith(['skopeo'], 'entrepot, the command line, beside a running instance', () => {
  let here: Surroundings;
  beforeAll(async () => (here = await Surroundings.start(settings)));
  afterAll(() => here.remove());

  const skopeo = (...args: string[]) => here.workspace.run(programOf('skopeo'), args);
  const objects = async () => {
    const entries = await readdir(join(here.installation.dataDir, 'storage/blobs'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };

  it('restores a deleted tag, and skopeo pulls it again', async () => {
    const name = 'cli/restore';
    const image = await here.installation.client.push(name, anImage().withLayers(2).tagged('v1'));
    expect((await here.installation.client.http.delete(`/v2/${name}/manifests/v1`)).status).toBe(202);
    await expect(skopeo('inspect', '--tls-verify=false', `docker://${here.host}/${name}:v1`)).rejects.toThrow('manifest unknown');
    const [deleted, pushed] = await here.answer<{ digest: string | null; stored: boolean }[]>('tags', 'history', name, 'v1');
    expect([deleted!.digest, pushed]).toMatchObject([null, { digest: image.digest, stored: true }]);
    expect(await here.answer('tags', 'restore', name, 'v1')).toMatchObject({ digest: image.digest, outcome: 'restored' });
    await skopeo('copy', '--quiet', '--src-tls-verify=false', `docker://${here.host}/${name}:v1`, `dir:${here.workspace.path('restored')}`);
    expect(digestsInFolder(here.workspace.path('restored'))).toEqual(
      [image.digest, ...image.blobs.map((blob) => digestBytes(blob))].toSorted(),
    );
  });

  it('gc collects what deletions left', async () => {
    const name = 'cli/garbage';
    const image = await here.installation.client.push(name, anImage().withLayers(3));
    const before = await objects();
    expect((await here.installation.client.http.delete(`/v2/${name}/manifests/${image.digest}`)).status).toBe(202);
    const dry = await here.answer<object>('gc', '--dry-run');
    expect(Object.keys(dry).toSorted()).toEqual(['blobGraceSeconds', 'blobs', 'bytes', 'dryRun', 'links', 'pending']);
    expect(dry).toMatchObject({ dryRun: true, blobGraceSeconds: 1 });
    expect(await here.answer('runs', 'list', '--kind', 'gc')).toEqual([]);
    await eventually(async () => {
      await here.answer('gc');
      expect(await objects()).toBeLessThanOrEqual(before - image.blobs.length);
    });
  });

  it('sweep deletes what no row knows, once it is old enough', async () => {
    const id = randomUUID();
    const folder = join(here.installation.dataDir, 'storage/blobs', id.slice(-2));
    await mkdir(folder, { recursive: true });
    const orphan = join(folder, id);
    await writeFile(orphan, 'nobody knows me');
    expect(await here.report('sweep', '--dry-run')).toMatchObject({ orphans: 0 });
    const old = Date.now() / 1_000 - 600;
    await utimes(orphan, old, old);
    expect(await here.report('sweep', '--dry-run', '--min-age', '3600')).toMatchObject({ orphans: 0 });
    expect(await here.report('sweep', '--dry-run')).toMatchObject({ orphans: 1, deleted: 0, orphanBytes: 15 });
    expect(await here.report('sweep')).toMatchObject({ orphans: 1, deleted: 1 });
    await eventually(async () => expect(await readdir(folder)).not.toContain(id));
  });

  it('scrub finds a damaged blob, and says so in its exit code', async () => {
    const image = await here.installation.client.push('cli/scrubbed', anImage().withLayers(1, 5_000).tagged('v1'));
    expect(await here.report('scrub', '--mib-per-second', '1000')).toMatchObject({ damaged: 0 });
    const digest = digestBytes(image.blobs[1]!);
    const [blob] = await here.rows.all<{ storage_key: string }>('select storage_key from blobs where digest_text(digest) = $1', [digest]);
    await writeFile(join(here.installation.dataDir, 'storage', blob!.storage_key), Buffer.alloc(5_000));
    const { code, out } = await entrepot(here.env, 'scrub', '--mib-per-second', '1000');
    expect({ code, found: out.includes(`damaged: ${digest}`) }).toEqual({ code: 6, found: true });
    expect((await here.installation.client.http.get(`/v2/cli/scrubbed/blobs/${digest}`)).status).toBe(404);
    expect(await here.answer('damaged')).toMatchObject([{ digest, size: 5_000, repositories: ['cli/scrubbed'] }]);
    await here.installation.client.pushBlob('cli/scrubbed', image.blobs[1]!);
    expect(await here.answer('damaged')).toEqual([]);
    expect(await here.report('scrub', '--mib-per-second', '1000')).toMatchObject({ damaged: 0 });
  });

  it('keeps tags by rules, and accepts sparse indexes where told to', async () => {
    const name = 'cli/ruled';
    const { client } = here.installation;
    const first = await client.push(name, anImage().tagged('v1'));
    await here.answer('tag-rules', 'set', name, '/(v+)+\\d$/');
    const other = anImage().build();
    await client.pushParts(name, other);
    const refused = await client.putManifest(name, 'v1', other);
    expect({ status: refused.status, codes: refused.codes() }).toEqual({ status: 403, codes: ['DENIED'] });
    expect((await client.putManifest(name, 'v1', first)).status).toBe(201);
    expect(await entrepot(here.env, 'tag-rules', 'set', name, '/(a)\\1/')).toMatchObject({ code: 2, out: '' });

    const index = { mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [anImage().build().descriptor] };
    const sparse = { mediaType: index.mediaType, bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, ...index })) };
    expect((await client.putManifest(name, 'sparse', sparse)).codes()).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    await here.answer('repo', 'set', name, '--sparse-indexes', 'on');
    expect((await client.putManifest(name, 'sparse', sparse)).status).toBe(201);
  });

  it('repo rm removes a repository with all it had, and nothing that others have', async () => {
    const { client } = here.installation;
    const [shared, own] = [anImage().withLayers(2).tagged('v1').build(), anImage().withLayers(2).tagged('v2').build()];
    await client.pushContent('cli/removed', shared);
    await client.pushContent('cli/removed', own);
    await client.pushContent('cli/kept', shared);
    await client.startUpload('cli/removed');
    expect(await entrepot(here.env, 'repo', 'rm', 'cli/removed')).toMatchObject({ code: 4, out: '' });
    expect(await here.report('repo', 'rm', 'cli/removed', '--yes')).toMatchObject({ repositories: 1, tags: 2, manifests: 2, uploads: 1 });
    expect((await client.http.get('/v2/cli/removed/tags/list')).status).toBe(404);
    expect(await client.resolve('cli/removed', 'manifests', own.digest)).toBeNull();
    const layer = digestBytes(own.blobs[1]!);
    await eventually(async () => expect(await here.rows.all('select from blobs where digest_text(digest) = $1', [layer])).toEqual([]));
    for (const blob of shared.blobs) expect(await client.resolve('cli/kept', 'blobs', digestBytes(blob))).toBe(digestBytes(blob));
    expect(await entrepot(here.env, 'repo', 'show', 'cli/removed')).toMatchObject({ code: 3 });
    await client.pushContent('cli/removed', own);
    expect(await client.tags('cli/removed')).toEqual(['v2']);
  });

  it('says that no worker has picked a run up; Ctrl-C and a time-out leave the run to the next', async () => {
    const worker = processOf(here.installation.running, 'worker');
    process.kill(worker, 'SIGSTOP');
    try {
      const { code, err } = await entrepot(here.env, 'gc', '--timeout', '7');
      expect(code).toBe(5);
      expect(err).toContain('no worker has picked up run');
      const left = await interrupted(here.env, ['gc'], 'requested run');
      expect({ code: left.code, out: left.out }).toEqual({ code: 130, out: '' });
      expect(left.err).toContain('no longer followed; the run goes on: entrepot runs follow');
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    const [run] = await here.answer<{ id: number }[]>('runs', 'list', '--kind', 'gc', '--limit', '1');
    expect(await here.answer('runs', 'follow', String(run!.id))).toMatchObject({ state: 'finished' });
    expect(await here.answer('jobs', 'failed')).toEqual([]);
    expect(await here.answer('stats')).toMatchObject({ damaged: 0, runs: [] });
    expect(await here.answer('migrate')).toEqual({ applied: [] });
  });

  it('is not kept from ending by a queue that is away', async () => {
    // Takes connections, and neither reads nor answers.
    const silent = createServer((socket) => void socket.pause().on('error', () => undefined));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const outcome = await entrepot({ ...here.env, REDIS_URL: `redis://127.0.0.1:${port}` }, 'gc');
    expect(outcome).toMatchObject({ code: 0, err: expect.stringMatching(/^requested run \d+ \(gc\)\n$/) as string });
    // Three seconds for an answer, and two for a good-bye, are what Redis is given elsewhere.
    expect(outcome.lingeredMs).toBeLessThan(2_000);
    silent.close();
  });

  it('says in one line that nothing runs', async () => {
    await here.installation.running.stop();
    const { code, out, err } = await entrepot(here.env, 'stats');
    expect({ code, out, err }).toEqual({
      code: 5,
      out: '',
      err: `entrepot: no instance runs on DATA_DIR ${here.installation.dataDir}: start it, or give DATABASE_URL\n`,
    });
    expect((await entrepot({ ...here.env, PORT: 'x' }, 'stats')).code).toBe(78);
    await here.installation.start();
  });
});
