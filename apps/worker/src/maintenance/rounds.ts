import type { Outage } from '#jobs';
import { DatabaseUnavailableError } from '#metadata';
import type { Logger } from '#platform';

export interface RoundsOptions {
  readonly everyMs: number;
  readonly round: () => Promise<void>;
  /** For the log, where a round fails: "cannot …". */
  readonly what: string;
  readonly database: Outage;
  readonly logger: Logger;
}

/** Does something again and again, the pause counted from its end; not while the database is gone. */
export class Rounds {
  #timer: NodeJS.Timeout | undefined;
  #current: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly options: RoundsOptions) {}

  start(): void {
    this.#current = this.#round();
  }

  /** Settles when the round that runs is over; none begins after it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#current;
  }

  async #round(): Promise<void> {
    const { database, everyMs, round } = this.options;
    try {
      if (!database.ongoing) await round();
    } catch (error) {
      this.failed(error);
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.start(), everyMs);
  }

  /** Tells of a failure, also of one behind a round's back. */
  failed(error: unknown): void {
    const { database, logger, what } = this.options;
    if (error instanceof DatabaseUnavailableError) database.failed(error);
    else logger.error({ err: error }, `cannot ${what}`);
  }
}
