/** Figures of one scenario, each told as it comes; those with a limit count. */
export class Report {
  missed = 0;

  constructor(write) {
    this.write = write;
  }

  note(what, figure) {
    this.write(`       ${what}: ${figure}`);
  }

  atMost(what, figure, limit, unit) {
    this.#judge(figure <= limit, `${what}: ${round(figure)} ${unit} (at most ${round(limit)})`);
  }

  atLeast(what, figure, limit, unit) {
    this.#judge(figure >= limit, `${what}: ${round(figure)} ${unit} (at least ${round(limit)})`);
  }

  holds(what, is) {
    this.#judge(is, what);
  }

  #judge(kept, text) {
    if (!kept) this.missed += 1;
    this.write(`${kept ? 'ok    ' : 'MISSED'} ${text}`);
  }
}

export const round = (figure) => Number(figure.toFixed(figure < 10 ? 2 : 0));
