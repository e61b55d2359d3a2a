import { jest } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, signal, waitUntilGone } from '#platform';
import { RunningInstance } from './testing/running-instance.js';

// Processes start and end here, on a machine that may be busy with other specs.
jest.setTimeout(60_000);

interface Mark {
  readonly name: string;
  readonly pid: number;
}

// One data folder for all: each test also starts from what the one before left, and initdb runs once.
let dataDir: string;
let instances: RunningInstance[];

const marks = () => JSON.parse(readFileSync(join(dataDir, 'supervisor.json'), 'utf8')) as Mark[];
const pidOf = (name: string) => marks().find((mark) => mark.name === name)!.pid;
const serverPid = () => Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
const isGone = (pid: number) => identityOf(pid) === undefined;

function start(children: readonly string[] = ['api=api', 'worker=worker'], environment: Record<string, string> = {}): RunningInstance {
  const instance = new RunningInstance(children, { DATA_DIR: dataDir, ...environment });
  instances.push(instance);
  return instance;
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'entrepot-supervisor-'));
  await chmod(dataDir, 0o755);
});

beforeEach(() => {
  instances = [];
});

afterEach(async () => {
  const left = existsSync(join(dataDir, 'supervisor.json')) ? marks().map(({ pid }) => pid) : [];
  const server = existsSync(join(dataDir, 'postgres/postmaster.pid')) ? [serverPid()] : [];
  for (const instance of instances) instance.destroy([...left, ...server]);
  await Promise.all([...left, ...server].map((pid) => waitUntilGone(pid, 5_000)));
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('Supervisor', () => {
  it('starts everything, says so, finishes what is in flight and leaves nothing but data', async () => {
    const instance = start();
    const url = await instance.ready();
    await instance.line(({ text }) => text?.includes('docker push') === true);
    const pids = [pidOf('api'), pidOf('worker'), serverPid()];
    const slow = await fetch(`${url}/slow`);
    expect(await instance.end('SIGTERM')).toBe(0);
    expect(await slow.text()).toBe(`begun ${pids[0]}`);
    expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
    expect(existsSync(join(dataDir, 'supervisor.json'))).toBe(false);
    expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
  });

  it('starts a killed child again, while the others go on', async () => {
    const instance = start();
    const url = await instance.ready();
    const [api, worker] = [pidOf('api'), pidOf('worker')];
    signal(api, 'SIGKILL');
    const again = await eventually(async () => Number(await (await fetch(url)).text()));
    expect(again).not.toBe(api);
    expect(pidOf('worker')).toBe(worker);
  });

  it('brings PostgreSQL back, while the children go on', async () => {
    const instance = start();
    const url = await instance.ready();
    const [api, killed] = [pidOf('api'), serverPid()];
    const spoken = instance.lines.length;
    signal(killed, 'SIGKILL');
    await instance.line(({ msg }) => msg === 'PostgreSQL is up', spoken);
    expect(serverPid()).not.toBe(killed);
    expect(await (await fetch(url)).text()).toBe(String(api));
    expect(await instance.end('SIGTERM')).toBe(0);
  });

  it('recovers from its own death: children end, the next start takes PostgreSQL on', async () => {
    const first = start();
    await first.ready();
    const [api, worker, server] = [pidOf('api'), pidOf('worker'), serverPid()];
    await first.end('SIGKILL');
    expect(await waitUntilGone(api, 5_000)).toBe(true);
    expect(await waitUntilGone(worker, 5_000)).toBe(true);
    expect(isGone(server)).toBe(false);
    const second = start();
    await second.ready();
    expect(serverPid()).toBe(server);
    expect(await second.end('SIGTERM')).toBe(0);
    expect(isGone(server)).toBe(true);
  });

  it('recovers when PostgreSQL died too, and a child outlives its supervisor', async () => {
    const first = start(['api=lingering', 'worker=worker']);
    await first.ready();
    const [api, server] = [pidOf('api'), serverPid()];
    await first.end('SIGKILL');
    signal(server, 'SIGKILL');
    expect(isGone(api)).toBe(false);
    const second = start();
    await second.ready();
    expect(isGone(api)).toBe(true);
    expect(await second.end('SIGINT')).toBe(0);
  });

  it('refuses a data folder in use, in one line, and leaves the other instance alone', async () => {
    const first = start();
    const url = await first.ready();
    const second = start();
    expect(await second.end()).toBe(1);
    expect(second.lines.filter(({ level }) => level === 'fatal').map(({ msg }) => msg)).toEqual([
      `DATA_DIR ${dataDir} is in use by another instance (pid ${first.pid})`,
    ]);
    expect((await fetch(url)).status).toBe(200);
    expect(await first.end('SIGTERM')).toBe(0);
  });

  it('refuses a port that is taken before it touches anything', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const instance = start(undefined, { PORT: String(port) });
    expect(await instance.end()).toBe(1);
    expect(instance.lines.at(-1)?.msg).toBe(`PORT ${port} on 127.0.0.1 is taken by another process`);
    expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a wrong setting', async () => {
    const instance = start(undefined, { API_PROCESSES: 'many' });
    expect(await instance.end()).toBe(78);
    expect(instance.lines.map(({ msg }) => msg)).toEqual(['API_PROCESSES must be auto or a whole number from 1 to 256, not "many"']);
  });

  it('ends when a child says that its settings are wrong, again and again', async () => {
    const instance = start(['api=api', 'worker=unusable']);
    expect(await instance.end()).toBe(78);
    expect(instance.lines.some(({ reason }) => reason === 'worker cannot start with these settings')).toBe(true);
  });

  it('kills what does not finish in time', async () => {
    const instance = start(['api=stubborn', 'worker=worker'], { SHUTDOWN_GRACE_SECONDS: '0' });
    await instance.ready();
    const api = pidOf('api');
    expect(await instance.end('SIGTERM')).toBe(0);
    expect(isGone(api)).toBe(true);
    expect(instance.lines.some(({ msg, child }) => msg === 'not finished in time: killed' && child === 'api')).toBe(true);
  });

  it('waits no longer when it is told so a second time', async () => {
    const instance = start(['api=stubborn', 'worker=worker'], { SHUTDOWN_GRACE_SECONDS: '600' });
    await instance.ready();
    instance.signal('SIGINT');
    await instance.line(({ msg }) => msg === 'ending');
    const impatience = setInterval(() => instance.signal('SIGINT'), 100);
    expect(await instance.end()).toBe(0);
    clearInterval(impatience);
    expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
  });
});

async function eventually<Value>(attempt: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}
