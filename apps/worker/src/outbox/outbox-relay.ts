import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseUnavailableError, type DrainResult, type OutboxKind, type OutboxRow, type OutboxStore } from '#metadata';
import type { Outage } from '#jobs';
import type { Logger } from '#platform';
import { restAfter } from '../maintenance/pace.js';
import { Lanes } from './lanes.js';
import type { OutboxWork } from './outbox-work.js';

export interface OutboxRelayOptions {
  /** In the order in which kinds are looked at: people who wait come first. */
  readonly works: readonly OutboxWork[];
  readonly outbox: OutboxStore;
  readonly database: Outage;
  readonly logger: Logger;
  readonly everyMs?: number;
  /** The longest that a batch of work waits for more urgent work to have room. */
  readonly patienceMs?: number;
}

/** Half an hour of nothing but verdicts must not fill a disk with what nobody deletes. */
const defaultPatienceMs = 5_000;

/**
 * The worker's own claiming of due rows, each second, so that everything happens with BullMQ gone too; a job of a kind only asks for a look
 * at once. One look at a time: what is asked meanwhile makes it look once more.
 */
export class OutboxRelay {
  readonly #lanes: ReadonlyMap<OutboxKind, Lanes>;
  readonly #urgent: readonly Lanes[];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: OutboxRelayOptions) {
    this.#lanes = new Map(options.works.map((work) => [work.kind, new Lanes(() => this.#claim(work), work.lanes)]));
    this.#urgent = options.works.filter(({ urgent }) => urgent).map(({ kind }) => this.#lanes.get(kind)!);
  }

  start(): void {
    void this.#tick();
  }

  /** Looks at a kind now; settles when nothing of it is due any more, throws what stood in the way. */
  async look(kind: OutboxKind): Promise<void> {
    const lanes = this.#lanes.get(kind);
    if (!lanes) throw new Error(`nothing is done about ${kind}`);
    await lanes.look();
  }

  /** Looks at a kind now, behind the caller's back. */
  nudge(kind: OutboxKind): void {
    this.look(kind).catch((error: unknown) => this.#failed(kind, error));
  }

  /** Claims nothing more; settles when what was claimed is done. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#lanes.values()].map((lanes) => lanes.close()));
  }

  async #tick(): Promise<void> {
    try {
      if (!this.options.database.ongoing) {
        const due = await this.options.outbox.dueKinds();
        const order = [...this.#lanes.keys()];
        for (const kind of due.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))) this.nudge(kind);
      }
    } catch (error) {
      this.#failed('all kinds', error);
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.#tick(), this.options.everyMs ?? 1_000);
  }

  async #claim(work: OutboxWork): Promise<{ more: boolean }> {
    if (!work.urgent) await this.#letOthersPass();
    if (this.#closed) return { more: false };
    const begun = performance.now();
    const claimed = await this.options.outbox.drain(work.kind, work.batch, async (rows) => {
      const result = await work.run(rows);
      this.#tellFailures(rows, result);
      return result;
    });
    const more = claimed >= work.batch;
    if (more && work.rests) await restAfter(begun, work.rests);
    return { more };
  }

  /** Until whoever waits for something next would be served at once, and no longer than it is fair. */
  async #letOthersPass(): Promise<void> {
    const { patienceMs = defaultPatienceMs } = this.options;
    const enough = new AbortController();
    const over = pause(patienceMs, undefined, { signal: enough.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.#urgent.map((lanes) => lanes.room())), over]);
    enough.abort();
  }

  #tellFailures(rows: readonly OutboxRow[], { failed }: DrainResult): void {
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const { id, error } of failed) {
      const { kind, key, attempts } = byId.get(id)!;
      const line = { kind, key, error, attempts: attempts + 1 };
      if (line.attempts >= this.options.outbox.maxAttempts) this.options.logger.error(line, 'work parked after its last attempt');
      else this.options.logger.warn(line, 'work failed and will be tried again');
    }
  }

  #failed(kind: string, error: unknown): void {
    if (error instanceof DatabaseUnavailableError) this.options.database.failed(error);
    else this.options.logger.error({ kind, err: error }, 'cannot work off the outbox');
  }
}
