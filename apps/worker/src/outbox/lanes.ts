/**
 * Runs one step again and again until it says there is nothing more, on at most so many lanes at once. Asking while all of them run makes
 * each go round once more, so that nothing written before the question is missed.
 */
export class Lanes {
  readonly #running = new Set<Promise<void>>();
  #asked = 0;
  #closed = false;

  constructor(
    private readonly step: () => Promise<{ more: boolean }>,
    private readonly count = 1,
  ) {}

  /** Settles when every lane has come to rest; rejects with what a step threw. */
  async look(): Promise<void> {
    this.#asked += 1;
    while (!this.#closed && this.#running.size < this.count) {
      const lane: Promise<void> = this.#run().finally(() => this.#running.delete(lane));
      this.#running.add(lane);
    }
    await Promise.all(this.#running);
  }

  /** Settles as soon as not all lanes run: what came then would begin at once. */
  async room(): Promise<void> {
    while (this.#running.size >= this.count) await Promise.race(this.#running).catch(() => undefined);
  }

  /** No step begins any more; settles when those that run have ended, whatever came of them. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }

  async #run(): Promise<void> {
    let answered: number;
    do {
      answered = this.#asked;
      while (!this.#closed && (await this.step()).more);
    } while (!this.#closed && answered !== this.#asked);
  }
}
