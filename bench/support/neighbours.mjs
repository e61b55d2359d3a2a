import { setTimeout as pause } from 'node:timers/promises';

const layerBytes = 65_536;
const tags = 50;

/** Clients that push and pull at an even pace, and take the time of each whole push and pull. */
export class Neighbours {
  #times = { push: [], pull: [] };
  #failures = [];
  #over = false;
  #loops = [];

  constructor(client, { pushes, pulls, pauseMs }) {
    this.client = client;
    this.pace = { pushes, pulls, pauseMs };
  }

  async start() {
    for (let tag = 0; tag < tags; tag += 1) await this.client.push('neighbours/pulled', `t${tag}`, layerBytes);
    const { pushes, pulls } = this.pace;
    const push = (at, turn) => this.client.push(`neighbours/pushed-${at}`, `t${turn % tags}`, layerBytes);
    const pull = (at, turn) => this.client.pull('neighbours/pulled', `t${(at + turn) % tags}`);
    this.#loops = [
      ...Array.from({ length: pushes }, (_, at) => this.#loop('push', (turn) => push(at, turn))),
      ...Array.from({ length: pulls }, (_, at) => this.#loop('pull', (turn) => pull(at, turn))),
    ];
  }

  /** What was measured since the last time, in milliseconds. */
  take() {
    const summary = Object.fromEntries(Object.entries(this.#times).map(([kind, times]) => [kind, summarise(times)]));
    this.#times = { push: [], pull: [] };
    return { ...summary, failures: this.#failures.splice(0) };
  }

  async stop() {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  async #loop(kind, work) {
    for (let turn = 0; !this.#over; turn += 1) {
      const begun = performance.now();
      await work(turn).catch((error) => this.#failures.push(error.message));
      this.#times[kind].push(performance.now() - begun);
      await pause(this.pace.pauseMs * (0.5 + Math.random()));
    }
  }
}

function summarise(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1));
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
