import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

const programs = {
  'docker-registry': ['--version'],
  nginx: ['-v'],
  radosgw: ['--version'],
};

/** What a figure depends on, without any name of the machine. */
export function describeMachine(storage) {
  const processors = cpus();
  const used = storage === 's3' ? ['docker-registry', 'radosgw'] : ['docker-registry', 'nginx'];
  return {
    processors: processors.length,
    model: processors[0].model.trim(),
    memory: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    programs: [`Node ${process.version.slice(1)}`, ...used.map((name) => `${name} ${versionOf(name)}`)],
    ...commit(),
  };
}

function versionOf(program) {
  const command = ['sh', ['-c', `PATH="$PATH:/usr/sbin" ${program} ${programs[program].join(' ')} 2>&1`], { encoding: 'utf8' }];
  return /\d+\.\d+[^\s,]*/.exec(execFileSync(...command))?.[0] ?? 'unknown';
}

function commit() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { version: git('rev-parse', '--short', 'HEAD'), isCommitted: git('status', '--porcelain') === '' };
  } catch {
    return { version: 'of no commit', isCommitted: false };
  }
}
