import { availableParallelism } from 'node:os';
import { automaticProcesses, thisMachine } from './api-processes.js';
import { loadSettings } from './settings.js';

describe('API_PROCESSES=auto', () => {
  const beside = { platform: 'linux', embeddedDatabase: true } as const;

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 3],
    [8, 6],
    [16, 12],
    [64, 16],
  ])('leaves room for PostgreSQL: of %i cores %i', (cores, expected) => {
    expect(automaticProcesses({ ...beside, cores })).toBe(expected);
  });

  it('takes all cores where PostgreSQL is elsewhere', () => {
    expect([1, 2, 8, 64].map((cores) => automaticProcesses({ ...beside, embeddedDatabase: false, cores }))).toEqual([1, 2, 8, 16]);
  });

  it('is one where a port cannot be shared', () => {
    expect(automaticProcesses({ ...beside, platform: 'darwin', cores: 8 })).toBe(1);
  });

  it('is decided by this machine when settings are read', () => {
    const cores = availableParallelism();
    const processes = (env: NodeJS.ProcessEnv) => loadSettings({ API_PROCESSES: 'auto', ...env }).processes.api;
    expect(processes({})).toBe(automaticProcesses({ ...thisMachine(true), cores }));
    expect(processes({ DATABASE_URL: 'postgres://somewhere/entrepot' })).toBe(automaticProcesses({ ...thisMachine(false), cores }));
  });
});
