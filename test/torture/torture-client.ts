import type { HttpResponse } from '../support/http-response.js';
import type { RequestBody, RequestHeaders } from '../support/http-client.js';
import type { Registry } from '../support/registry.js';
import type { Journal } from './journal.js';

/** What its client knows of a request: it was done, it was not, or nobody can say: the answer was lost, or was 503. */
export type Fate = 'done' | 'refused' | 'unknown';

export interface Reply {
  readonly fate: Fate;
  /** 0: none came. */
  readonly status: number;
  readonly response?: HttpResponse;
  /** When it was sent (ms), and by which replica it was answered. */
  readonly from: number;
  readonly by: string;
}

export interface Ask {
  readonly body?: RequestBody;
  readonly headers?: RequestHeaders;
  /** Statuses that make sense here, beside 503. */
  readonly expect: readonly number[];
}

/** With it a connection fails that was never made: nobody has got the request. */
const neverConnected = 'ECONNREFUSED';
const patienceMs = 150_000;

/** Sends each request to a replica by chance, and says what became of it; answers that no client should ever get are violations. */
export class TortureClient {
  constructor(
    readonly replicas: readonly Registry[],
    readonly journal: Journal,
    readonly random: () => number,
  ) {}

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  async ask(method: string, target: string, { body, headers, expect }: Ask, to = this.pick(this.replicas)): Promise<Reply> {
    const from = performance.now();
    const by = to.url;
    try {
      const response = await inTime(to.http.request(method, target, { body, headers }), `${method} ${target}`);
      if (response.status === 503) await this.wait();
      return { fate: this.fateOf(response, expect, `${method} ${target}`), status: response.status, response, from, by };
    } catch (error) {
      if (error instanceof TooLate) this.journal.violate(error.message);
      const unsent = (error as NodeJS.ErrnoException).code === neverConnected;
      this.journal.count(unsent ? 'requests that met nobody' : 'answers lost');
      await this.wait(unsent ? 0.2 : 1);
      return { fate: unsent ? 'refused' : 'unknown', status: 0, from, by };
    }
  }

  /** Who is not served tries again in a moment, as every client does. */
  private wait(patience = 1): Promise<void> {
    return new Promise((resume) => setTimeout(resume, patience * (50 + this.random() * 200)));
  }

  private fateOf(response: HttpResponse, expected: readonly number[], what: string): Fate {
    const { status } = response;
    if (status === 503) {
      this.journal.count('answers 503');
      if (!(Number(response.header('Retry-After')) > 0)) this.journal.violate(`${what}: a 503 without Retry-After`);
      return 'unknown';
    }
    if (!expected.includes(status)) this.journal.violate(`${what}: ${status} ${response.text().slice(0, 300)}`);
    if (status >= 500) return 'unknown';
    return status < 300 ? 'done' : 'refused';
  }
}

class TooLate extends Error {}

function inTime<T>(answer: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooLate(`${what}: no answer within ${patienceMs / 1_000} s`)), patienceMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
