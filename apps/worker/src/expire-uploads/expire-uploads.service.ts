import { Inject, Injectable } from '@nestjs/common';
import { expireUploads, JobProducer, type Outage } from '#jobs';
import { DatabaseUnavailableError, UploadSessionStore } from '#metadata';
import type { Logger } from '#platform';
import { Lanes } from '../outbox/lanes.js';
import { databaseOutage, workerLogger } from '../tokens.js';

const batch = 500;
const everyMs = 60_000;

/** Ends upload sessions past their expiry, each minute: by BullMQ's scheduler, once for all workers, and by a timer of its own. */
@Injectable()
export class ExpireUploadsService {
  readonly #lanes = new Lanes(async () => ({ more: (await this.sessions.expire(batch)) >= batch }));
  #timer: NodeJS.Timeout | undefined;
  #scheduled: Promise<boolean> | undefined;

  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly producer: JobProducer,
    @Inject(databaseOutage) private readonly database: Outage,
    @Inject(workerLogger) private readonly logger: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.#tick(), everyMs);
    this.#tick();
  }

  /** Ends all that are due; settles when none is left. */
  async look(): Promise<void> {
    await this.#lanes.look();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#lanes.close();
  }

  #tick(): void {
    this.#schedule();
    if (this.database.ongoing) return;
    this.look().catch((error: unknown) => {
      if (error instanceof DatabaseUnavailableError) this.database.failed(error);
      else this.logger.error({ err: error }, 'cannot expire uploads');
    });
  }

  /** Once, as soon as the backend can be told. */
  #schedule(): void {
    this.#scheduled ??= this.producer.schedule(expireUploads, {}, everyMs).then((told) => {
      if (!told) this.#scheduled = undefined;
      return told;
    });
  }
}
