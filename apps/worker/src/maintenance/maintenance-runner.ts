import type { Outage } from '#jobs';
import { DatabaseUnavailableError, type MaintenanceKind, type MaintenanceQueue, type MaintenanceStore } from '#metadata';
import type { Logger } from '#platform';
import { Lanes } from '../outbox/lanes.js';
import { messageOf } from '../outbox/outbox-work.js';
import type { MaintenanceWork } from './maintenance-work.js';
import { Rounds } from './rounds.js';
import { RunInHand, RunLostError } from './run-in-hand.js';

export interface MaintenanceRunnerOptions {
  readonly works: Readonly<Partial<Record<MaintenanceKind, MaintenanceWork>>>;
  readonly runs: MaintenanceStore;
  readonly database: Outage;
  readonly logger: Logger;
  readonly everyMs?: number;
  readonly heartbeatMs?: number;
}

const nameOf = ({ kind, scheduled }: MaintenanceQueue): string => `${scheduled ? 'scheduled' : 'requested'} ${kind}`;

/** Picks up requested and scheduled runs, each second; one run of a queue at a time. */
export class MaintenanceRunner {
  readonly #lanes = new Map<string, Lanes>();
  readonly #inHand = new Set<RunInHand>();
  readonly #rounds: Rounds;

  constructor(private readonly options: MaintenanceRunnerOptions) {
    const { works, runs, database, logger, everyMs = 1_000 } = options;
    for (const [kind, work] of Object.entries(works) as [MaintenanceKind, MaintenanceWork][])
      for (const scheduled of work.scheduled ? [false, true] : [false]) {
        const queue = { kind, scheduled };
        this.#lanes.set(nameOf(queue), new Lanes(() => this.#runNext(work, queue)));
      }
    const round = async () => {
      for (const queue of await runs.due()) this.#nudge(queue);
    };
    this.#rounds = new Rounds({ everyMs, round, what: 'pick up maintenance', database, logger });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Looks for requests of a kind now, behind the caller's back. */
  nudge(kind: MaintenanceKind): void {
    this.#nudge({ kind, scheduled: false });
  }

  /** Breaks off what runs and gives it back, for another worker or the next start to go on with. */
  async close(): Promise<void> {
    await this.#rounds.close();
    const closed = [...this.#lanes.values()].map((lanes) => lanes.close());
    for (const hand of this.#inHand) hand.stop(new Error('the worker stops'));
    await Promise.all(closed);
  }

  #nudge(queue: MaintenanceQueue): void {
    const looked = this.#lanes.get(nameOf(queue))?.look();
    looked?.catch((error: unknown) => this.#rounds.failed(error));
  }

  async #runNext(work: MaintenanceWork, queue: MaintenanceQueue): Promise<{ more: boolean }> {
    const claimed = await this.options.runs.claim(queue);
    if (!claimed) return { more: false };
    const hand = new RunInHand(this.options.runs, claimed, this.options.heartbeatMs);
    this.#inHand.add(hand);
    try {
      if (hand.run.dryRun && !work.dryRuns) throw new Error(`workers make no dry runs of ${queue.kind}`);
      const report = await work.run(hand);
      await hand.finish({ report });
      this.options.logger.info({ run: hand.run.id, kind: queue.kind, scheduled: queue.scheduled, report }, 'maintenance finished');
    } catch (error) {
      await this.#brokeOff(hand, error);
    } finally {
      hand.close();
      this.#inHand.delete(hand);
    }
    return { more: true };
  }

  async #brokeOff(hand: RunInHand, error: unknown): Promise<void> {
    const { id: run, kind } = hand.run;
    if (hand.signal.reason instanceof RunLostError)
      this.options.logger.info({ run, kind }, 'maintenance goes on elsewhere, or was cancelled');
    else if (hand.signal.aborted) await hand.giveBack();
    else if (error instanceof DatabaseUnavailableError) throw error;
    else {
      this.options.logger.error({ run, kind, err: error }, 'maintenance failed');
      await hand.finish({ error: messageOf(error) });
    }
  }
}
