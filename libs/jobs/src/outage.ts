/** Where an outage is told: once when it begins, once when it is over. */
export interface OutageReport {
  began(name: string, error: unknown): void;
  ended(name: string, seconds: number): void;
}

export interface OutageOptions {
  readonly name: string;
  /** Resolves when the dependency answers again. */
  readonly probe: () => Promise<unknown>;
  readonly report: OutageReport;
  readonly everyMs?: number;
}

/** A dependency that fails: the first failure is reported, the many that follow are not, then it is probed until it answers. */
export class Outage {
  #since: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: OutageOptions) {}

  get ongoing(): boolean {
    return this.#since !== null;
  }

  failed(error: unknown): void {
    if (this.ongoing || this.#closed) return;
    this.#since = Date.now();
    this.options.report.began(this.options.name, error);
    this.#probeLater();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #probeLater(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#probe(), this.options.everyMs ?? 1_000);
    this.#timer.unref();
  }

  async #probe(): Promise<void> {
    try {
      await this.options.probe();
    } catch {
      return this.#probeLater();
    }
    const since = this.#since;
    this.#since = null;
    if (since !== null && !this.#closed) this.options.report.ended(this.options.name, Math.round((Date.now() - since) / 1_000));
  }
}
