import { Batch } from './batch.js';

interface Numbered<Item> {
  readonly number: number;
  readonly item: Item;
}

/** Writes of one kind that share statements, as lookups do; but each is one request's own, however alike two of them are, and has its own answer. */
export class WriteBatch<Item, Outcome> {
  private readonly batch: Batch<Numbered<Item>, Outcome>;
  private count = 0;

  /** `write`: one statement for all items; answers outcomes by place in the list, counted from 1 as `with ordinality` does. */
  constructor(write: (items: Item[]) => Promise<ReadonlyMap<number, Outcome>>) {
    this.batch = new Batch({
      spell: ({ number }) => String(number),
      fetch: async (numbered) => {
        const outcomes = await write(numbered.map(({ item }) => item));
        return new Map([...outcomes].map(([place, outcome]) => [String(numbered[place - 1]!.number), outcome]));
      },
    });
  }

  /** Answers null where nothing was written. */
  write(item: Item): Promise<Outcome | null> {
    this.count += 1;
    return this.batch.load({ number: this.count, item });
  }
}
