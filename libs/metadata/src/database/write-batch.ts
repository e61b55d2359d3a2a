import { Batch } from './batch.js';
import { isOutcomeUnknown } from './database-errors.js';

/** So many share a statement, or are tried alone at a time. */
const most = { together: 64, alone: 4 };

interface Numbered<Item> {
  readonly number: number;
  readonly item: Item;
}

/** One statement for all items, or none of them and an error; answers outcomes by place in the list, counted from 1 as `with ordinality` does. */
export type WriteAll<Item, Outcome> = (items: readonly Item[]) => Promise<ReadonlyMap<number, Outcome>>;

/**
 * Writes of one kind that share statements, as lookups do; but each is one request's own, however alike two of them are, and has its own answer.
 * Where a statement fails, each is tried alone, unless nobody knows what became of it.
 */
export class WriteBatch<Item, Outcome> {
  private readonly batch: Batch<Numbered<Item>, Outcome | Error>;
  private count = 0;

  constructor(private readonly writeAll: WriteAll<Item, Outcome>) {
    this.batch = new Batch({
      spell: ({ number }) => String(number),
      maxSize: most.together,
      fetch: async (numbered) => {
        const outcomes = await this.outcomesOf(numbered.map(({ item }) => item));
        return new Map([...outcomes].map(([place, outcome]) => [String(numbered[place - 1]!.number), outcome]));
      },
    });
  }

  /** Answers null where nothing was written. */
  async write(item: Item): Promise<Outcome | null> {
    this.count += 1;
    const outcome = await this.batch.load({ number: this.count, item });
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  private async outcomesOf(items: readonly Item[]): Promise<ReadonlyMap<number, Outcome | Error>> {
    try {
      return await this.writeAll(items);
    } catch (error) {
      if (items.length === 1 || isOutcomeUnknown(error)) throw error;
      const outcomes = new Map<number, Outcome | Error>();
      for (let at = 0; at < items.length; at += most.alone) {
        const alone = await Promise.all(items.slice(at, at + most.alone).map((item) => this.outcomeOf(item)));
        alone.forEach((outcome, i) => outcome !== undefined && outcomes.set(at + i + 1, outcome));
      }
      return outcomes;
    }
  }

  private async outcomeOf(item: Item): Promise<Outcome | Error | undefined> {
    return this.writeAll([item]).then(
      (outcomes) => outcomes.get(1),
      (failure: Error) => failure,
    );
  }
}
