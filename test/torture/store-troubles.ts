import type { FaultRule, StoreFault, StoreFaultProxy } from '../support/store-fault-proxy.js';
import type { Journal } from './journal.js';

interface Trouble {
  readonly title: string;
  /** Of a hundred requests. */
  readonly share: number;
  readonly fault?: StoreFault;
  readonly latencyMs?: number;
}

const troubles: readonly Trouble[] = [
  { title: 'SlowDown', share: 30, fault: { status: 503, code: 'SlowDown' } },
  { title: 'InternalError', share: 30, fault: { status: 500, code: 'InternalError' } },
  { title: 'connections cut', share: 25, fault: 'cut' },
  { title: 'answers lost', share: 25, fault: 'lose' },
  { title: 'latency', share: 0, latencyMs: 250 },
  { title: 'errors only', share: 100, fault: { status: 500, code: 'InternalError' } },
];

/** Makes an object store fail in one way after the other, with good moments in between. */
export class StoreTroubles {
  constructor(
    private readonly proxy: StoreFaultProxy,
    private readonly journal: Journal,
    private readonly random: () => number,
  ) {}

  async step(): Promise<void> {
    const trouble = troubles[Math.floor(this.random() * troubles.length)]!;
    this.proxy.latencyMs = trouble.latencyMs ?? 0;
    this.proxy.fail(this.ruleOf(trouble));
    await this.pause(1_000, 3_000);
    this.proxy.mend();
    this.journal.count(`storage troubled: ${trouble.title}`);
    await this.pause(500, 4_000);
  }

  private ruleOf({ title, share, fault }: Trouble): FaultRule {
    return () => {
      if (fault === undefined || this.random() * 100 >= share) return undefined;
      this.journal.count(`storage requests failed: ${title}`);
      return fault;
    };
  }

  private pause(least: number, most: number): Promise<void> {
    return new Promise((resume) => setTimeout(resume, least + this.random() * (most - least)));
  }
}
