/** Not there. */
export const absent = '';

/** A change that was asked for: it takes effect at one moment between `from` and `to`, or, where nobody knows its outcome, perhaps never. */
export interface Change {
  readonly value: string;
  readonly from: number;
  to: number;
  /** Nothing else can explain what somebody read. */
  seen: boolean;
}

/** At one moment between `from` and `to` it was `only`, or it was something else than `not`. */
interface Fact {
  readonly from: number;
  readonly to: number;
  readonly only?: string;
  readonly not?: string;
}

const tidyAbove = 64;
/** No request takes longer, so nothing that is still under way began before. */
const longestRequestMs = 180_000;

/**
 * The history of one thing that has one value at a time, as clients may know it: each knows when it asked and when it heard. A read is right if
 * some change explains it that nothing has overruled since: no fact whose moment lies surely after that change and surely before the read.
 */
export class Register {
  private changes: Change[] = [{ value: absent, from: -Infinity, to: -Infinity, seen: false }];
  private facts: Fact[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** To be called before the request is sent: from now on the value may be read. */
  begin(value: string): Change {
    const change = { value, from: this.now(), to: Infinity, seen: false };
    this.changes.push(change);
    return change;
  }

  /** It was done: what was there before is overruled. */
  acknowledge(change: Change): void {
    this.happened(change);
    this.facts.push({ from: change.from, to: change.to, only: change.value });
  }

  /** It took effect now at the latest, if it changed anything. */
  happened(change: Change): void {
    change.to = Math.min(change.to, this.now());
  }

  /** It was not done, and won't be; false where somebody has seen it. */
  refuse(change: Change): boolean {
    this.changes = this.changes.filter((one) => one !== change);
    return !change.seen;
  }

  /** Nobody knows whether it was done; it may yet be, for so long. */
  doubt(change: Change, forMs = Infinity): void {
    change.to = Math.min(change.to, this.now() + forMs);
  }

  /** Since `from` there was a moment at which it had another value. */
  wasNot(value: string, from: number): void {
    this.facts.push({ from, to: this.now(), not: value });
  }

  /** A read that was sent at `from` and has this answer; false where nothing explains it. */
  read(value: string, from: number): boolean {
    const to = this.now();
    const explanations = this.explain(value, from, to);
    if (explanations.length === 0) return false;
    const [only] = explanations;
    if (only && explanations.length === 1) Object.assign(only, { seen: true, to: Math.min(only.to, to) });
    this.facts.push({ from, to, only: value });
    if (this.facts.length > tidyAbove) this.tidy(to - longestRequestMs);
    return true;
  }

  /** As `read`, where the answer says only that it is something else than that. */
  readOther(value: string, from: number): boolean {
    const to = this.now();
    const explained = this.changes.some((change) => change.value !== value && this.explain(change.value, from, to).includes(change));
    if (explained) this.wasNot(value, from);
    return explained;
  }

  /** Whatever was in doubt has been done by now, or never will be: nothing is under way any more. */
  settle(): void {
    for (const change of this.changes) this.happened(change);
  }

  /** What a read may find that is sent now. */
  possible(): string[] {
    const now = this.now();
    return [...new Set(this.changes.map(({ value }) => value))].filter((value) => this.explain(value, now, Infinity).length > 0);
  }

  private explain(value: string, from: number, to: number): Change[] {
    const overruled = this.overruledUntil(value, from);
    return this.changes.filter((change) => change.value === value && change.from < to && change.to >= overruled);
  }

  /** Changes to the value that were over by then don't count any more, for whoever asks at `from` or later. */
  private overruledUntil(value: string, from: number): number {
    let until = -Infinity;
    for (const fact of this.facts) {
      const contradicts = fact.only === undefined ? fact.not === value : fact.only !== value;
      if (contradicts && fact.to < from && fact.from > until) until = fact.from;
    }
    return until;
  }

  /** Drops what no request can be about that is still under way. */
  private tidy(horizon: number): void {
    this.changes = this.changes.filter((change) => change.to >= this.overruledUntil(change.value, horizon));
    this.facts = this.facts.filter(({ to }) => to >= horizon);
  }
}
