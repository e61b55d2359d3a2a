import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';
import { Installation } from './installation.js';
import { programsOf } from './processes.js';

const connections = 64;
const states = { established: '01', listening: '0A' };

describe('two api processes on one port', () => {
  let installation: Installation;
  const clients: Socket[] = [];
  beforeAll(async () => (installation = await Installation.start({ API_PROCESSES: '2' })));
  afterAll(async () => {
    clients.forEach((client) => client.destroy());
    await installation.remove();
  });

  it('both get connections, and one of them goes on alone', async () => {
    const port = Number(new URL(installation.running.url).port);
    const pids = programsOf(installation.running, 'api');
    expect(pids).toHaveLength(2);
    await eventually(async () => expect(pids.map((pid) => socketsOf(pid, port, 'listening'))).toEqual([1, 1]));
    for (let i = 0; i < connections; i += 1) {
      const client = connect(port, '127.0.0.1');
      clients.push(client.on('error', () => undefined));
      await once(client, 'connect');
    }
    const accepted = () => pids.map((pid) => socketsOf(pid, port, 'established'));
    // Once the processes have turned to them; whoever asked whether they are ready may still have his own.
    await eventually(async () => expect(accepted().reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(connections));
    // The system spreads them by a hash of their ports.
    expect(Math.min(...accepted())).toBeGreaterThan(connections / 8);

    process.kill(pids[0]!, 'SIGKILL');
    await eventually(async () => expect(programsOf(installation.running, 'api')).not.toContain(pids[0]));
    await eventually(async () => expect((await installation.client.http.get('/v2/')).status).toBe(200));
  });
});

/** How many sockets of the port a process has: those it listens on, or those it has accepted. */
function socketsOf(pid: number, port: number, state: keyof typeof states): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const inodes = new Set(rows.filter(([, local, , code]) => local?.endsWith(suffix) && code === states[state]).map((row) => row[9]));
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1])).length;
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
