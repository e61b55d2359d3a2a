import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { anImage } from '../../support/builders.js';
import { Registry } from '../../support/registry.js';
import { eventually } from '../faults/eventually.js';
import { describeWith } from '../fixture/clients.js';

const root = resolve(import.meta.dirname, '../../..');

interface Row {
  readonly pid: number;
  readonly address: string;
}

describeWith(['nginx', 'redis-server', 'radosgw', 'pgbouncer'], 'npm run cluster', () => {
  let folder: string;
  let child: ChildProcess;
  let ended: Promise<unknown>;
  let output = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'command-'));
    await chmod(folder, 0o755);
    const command = ['run', '--silent', 'cluster', '--', '--replicas', '2', '--workers', '1', '--pooler'];
    // A group of its own, as a terminal gives it.
    child = spawn('npm', command, {
      cwd: root,
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    ended = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) stream!.on('data', (bytes: Buffer) => (output += bytes.toString()));
  });
  afterAll(async () => {
    if (isRunning(child.pid!)) pressCtrlC();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  /** As it reaches everything that was started from that terminal. */
  const pressCtrlC = () => process.kill(-child.pid!, 'SIGINT');

  /** What runs where, as it says once all of it serves. */
  async function printedRows(): Promise<Map<string, Row>> {
    await eventually(async () => {
      if (!isRunning(child.pid!)) throw new Error(`it ended:\n${output}`);
      expect(output).toContain('Ctrl-C takes all of it down');
    }, 150_000);
    const rows = output.matchAll(/^ {2}(\S+(?: \d)?) +(\d+) *(\S*)/gm);
    return new Map(Array.from(rows, ([, what, pid, address]) => [what!, { pid: Number(pid), address: address! }]));
  }

  it('says what runs where, serves, and takes all of it down on Ctrl-C', async () => {
    const rows = await printedRows();
    expect([...rows.keys()]).toEqual(['nginx', 'api 1', 'api 2', 'worker 1', 'PostgreSQL', 'PgBouncer', 'Redis', 'Ceph']);
    for (const { pid } of rows.values()) expect(isRunning(pid)).toBe(true);

    const balancer = new Registry(rows.get('nginx')!.address);
    expect((await balancer.http.get('/v2/')).status).toBe(200);
    const image = await balancer.push('acme/app', anImage().withLayers(1).tagged('v1'));
    for (const replica of ['api 1', 'api 2'])
      expect(await new Registry(rows.get(replica)!.address).resolve('acme/app', 'manifests', 'v1')).toBe(image.digest);

    pressCtrlC();
    await ended;
    await eventually(async () => expect([...rows.values()].filter(({ pid }) => isRunning(pid))).toEqual([]));
    await eventually(async () => expect(readdirSync(folder)).toEqual([]));
    await expect(balancer.http.get('/v2/')).rejects.toThrow('ECONNREFUSED');
  });
});

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
