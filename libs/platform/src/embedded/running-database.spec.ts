import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotRunningError, runningDatabaseUrl } from './running-database.js';

describe('the database of an instance', () => {
  const folder = mkdtempSync(join(tmpdir(), 'entrepot-running-'));
  const [dataDir, elsewhere] = [join(folder, 'data'), join(folder, 'elsewhere')];
  let server: ChildProcess;

  beforeAll(async () => {
    mkdirSync(dataDir);
    mkdirSync(elsewhere);
    // Known by its command line, as PostgreSQL is.
    server = spawn(process.execPath, ['-e', 'process.stdin.resume()', elsewhere], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(server, 'spawn');
    writeFileSync(join(elsewhere, 'postmaster.pid'), `${server.pid}\n${elsewhere}\n1764000000\n54321\n`);
    writeFileSync(join(dataDir, 'postgres.password'), 'secret\n');
  });
  afterAll(() => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('is found where postgres.location says that it is, and only while it lives', async () => {
    expect(() => runningDatabaseUrl(dataDir)).toThrow(NotRunningError);
    writeFileSync(join(dataDir, 'postgres.location'), `${elsewhere}\n`);
    expect(runningDatabaseUrl(dataDir)).toBe('postgresql://entrepot:secret@127.0.0.1:54321/entrepot');
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
    expect(() => runningDatabaseUrl(dataDir)).toThrow(NotRunningError);
  });
});
