/**
 * Equal questions asked at once cost one statement: while one is in flight, all that come share the next. Nobody is given an answer to what
 * was sent before he asked, and nothing is remembered.
 */
export class SingleFlight<Answer> {
  private readonly flying = new Map<string, Promise<Answer>>();
  private readonly gathering = new Map<string, Promise<Answer>>();

  /** `ask` is called at once, or when the equal one that is in flight has landed; it rejects for all who share it. */
  answer(spelling: string, ask: () => Promise<Answer>): Promise<Answer> {
    const before = this.flying.get(spelling);
    if (!before) return this.send(spelling, ask);
    const shared = this.gathering.get(spelling);
    if (shared) return shared;
    const next = before.then(
      () => this.sendNext(spelling, ask),
      () => this.sendNext(spelling, ask),
    );
    this.gathering.set(spelling, next);
    return next;
  }

  private sendNext(spelling: string, ask: () => Promise<Answer>): Promise<Answer> {
    this.gathering.delete(spelling);
    return this.send(spelling, ask);
  }

  private send(spelling: string, ask: () => Promise<Answer>): Promise<Answer> {
    const landed = () => {
      if (this.flying.get(spelling) === answer) this.flying.delete(spelling);
    };
    const answer = ask();
    this.flying.set(spelling, answer);
    answer.then(landed, landed);
    return answer;
  }
}
