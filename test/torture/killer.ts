import { childrenOf } from '../e2e/faults/processes.js';
import type { Cluster } from '../support/cluster/cluster.js';
import type { OwnedProcess } from '../support/cluster/owned-process.js';
import type { Journal } from './journal.js';

type Victim = 'api' | 'worker' | 'Redis' | 'PostgreSQL' | 'a PostgreSQL backend' | 'api stopped for a while';

/** How often each is chosen, in a hundred. */
const shares: Readonly<Record<Victim, number>> = {
  api: 34,
  worker: 20,
  Redis: 12,
  PostgreSQL: 14,
  'a PostgreSQL backend': 12,
  'api stopped for a while': 8,
};
const most = { betweenMs: 1_500, downMs: 1_200, stoppedMs: 2_500 };

/** Ends processes of a cluster by SIGKILL at random moments, and starts them again. */
export class Killer {
  /** One process is not killed by two at once. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly cluster: Cluster,
    private readonly journal: Journal,
    private readonly random: () => number,
  ) {}

  async step(): Promise<void> {
    await this.pause(most.betweenMs);
    const victim = this.choose();
    if (victim === 'api stopped for a while') return this.stopForAWhile();
    if (victim === 'a PostgreSQL backend') return this.killBackend();
    const { cluster } = this;
    if (victim === 'api') {
      const replica = this.pick(cluster.replicas);
      return this.kill(victim, replica.process, () => replica.start());
    }
    if (victim === 'worker') {
      const worker = this.pick(cluster.workers);
      return this.kill(victim, worker, () => worker.start());
    }
    const server = victim === 'Redis' ? cluster.redis! : cluster.postgres;
    return this.kill(victim, server.process, () => server.start());
  }

  private async kill(victim: Victim, process: OwnedProcess, start: () => Promise<void>): Promise<void> {
    await this.alone(process.name, async () => {
      await process.kill();
      this.note(victim);
      await this.pause(most.downMs);
      await startAgain(process, start);
    });
  }

  /** PostgreSQL ends all others then, and recovers by itself. */
  private async killBackend(): Promise<void> {
    await this.alone('PostgreSQL', () => {
      const backends = childrenOf(this.cluster.postgres.process.pid ?? 0);
      if (backends.length > 0 && endedBySignal(this.pick(backends))) this.note('a PostgreSQL backend');
      return Promise.resolve();
    });
  }

  private note(victim: Victim): void {
    if (victim.includes('PostgreSQL')) this.journal.crashedAt = performance.now();
    this.journal.count(`kill -9: ${victim}`);
  }

  private async stopForAWhile(): Promise<void> {
    const { process } = this.pick(this.cluster.replicas);
    await this.alone(process.name, async () => {
      process.signal('SIGSTOP');
      await this.pause(most.stoppedMs);
      process.signal('SIGCONT');
      this.journal.count('stopped and continued: api');
    });
  }

  private async alone(name: string, work: () => Promise<void>): Promise<void> {
    if (this.busy.has(name)) return;
    this.busy.add(name);
    await work().finally(() => this.busy.delete(name));
  }

  private choose(): Victim {
    let dice = this.random() * 100;
    for (const [victim, share] of Object.entries(shares)) if ((dice -= share) < 0) return victim as Victim;
    return 'api';
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!;
  }

  private pause(mostMs: number): Promise<void> {
    return new Promise((resume) => setTimeout(resume, this.random() * mostMs));
  }
}

/** False where it had ended by itself. */
function endedBySignal(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** What a process stands on may be down as well, and of a killed PostgreSQL some processes may be left for a moment: whoever runs it tries again. */
async function startAgain(process: OwnedProcess, start: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await process.kill();
      await new Promise((resume) => setTimeout(resume, 200));
    }
  }
}
