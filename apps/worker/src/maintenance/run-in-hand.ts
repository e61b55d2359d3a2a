import { DatabaseUnavailableError, type ClaimedRun, type MaintenanceFields, type MaintenanceRun, type MaintenanceStore } from '#metadata';

/** Another worker has the run, or somebody cancelled it. */
export class RunLostError extends Error {
  override readonly name = 'RunLostError';
}

/** A run that this worker has claimed: keeps the claim alive, and tells how far the work is. */
export class RunInHand {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #progress: MaintenanceFields | undefined;

  /** `everyMs`: between heartbeats; well below the silence after which others take over. */
  constructor(
    private readonly runs: MaintenanceStore,
    private readonly claimed: ClaimedRun,
    everyMs = 5_000,
  ) {
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), everyMs);
  }

  get run(): MaintenanceRun {
    return this.claimed.run;
  }

  /** Aborts when the run is not ours any more, or the worker stops: what goes on afterwards counts for nothing. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What another worker would go on from; told with the next heartbeat. */
  note(progress: MaintenanceFields): void {
    this.#progress = progress;
  }

  /** The same, told now: what was done before is not repeated. Throws where the run is lost. */
  async save(progress: MaintenanceFields): Promise<void> {
    this.note(progress);
    await this.#beat();
    this.signal.throwIfAborted();
  }

  stop(reason: Error): void {
    this.#stop.abort(reason);
  }

  /** Gives the unfinished run back for others to go on with, as far as the database can be told. */
  async giveBack(): Promise<void> {
    await this.#beat();
    await this.runs.release(this.claimed);
  }

  /** Ends the run; a lost one is another's to end. */
  async finish(end: { report?: MaintenanceFields; error?: string }): Promise<void> {
    if (this.#progress) await this.#beat();
    await this.runs.finish(this.claimed, end);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    try {
      if (!(await this.runs.beat(this.claimed, this.#progress))) this.stop(new RunLostError('the run is in other hands'));
    } catch (error) {
      // The next beat tells whether anybody took over meanwhile.
      if (!(error instanceof DatabaseUnavailableError)) throw error;
    }
  }
}
