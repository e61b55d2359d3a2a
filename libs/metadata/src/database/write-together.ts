import { isOutcomeUnknown } from './database-errors.js';

/** Writes all items in one statement, or none of them and throws; answers in their order. */
export type SendAll<Item, Answer> = (items: readonly Item[]) => Promise<readonly Answer[]>;

const aloneAtOnce = 4;

/**
 * What becomes of each item, in their order: all go in one statement, and where the server says that it failed, each alone, so that nobody fails by
 * a neighbour, a few at a time, so that they leave connections to others. Where nobody knows what became of them, none is tried again.
 */
export function writeTogether<Item, Answer>(items: readonly Item[], send: SendAll<Item, Answer>): Promise<Answer>[] {
  // Also what it throws at once is their answer.
  const together = (async () => send(items))();
  const outcomes: Promise<Answer>[] = [];
  for (const [i, item] of items.entries()) {
    const before = outcomes[i - aloneAtOnce];
    outcomes.push(
      together.then(
        (answers) => answers[i]!,
        async (error: unknown) => {
          if (items.length === 1 || isOutcomeUnknown(error)) throw error;
          await before?.catch(() => undefined);
          return (await send([item]))[0]!;
        },
      ),
    );
  }
  return outcomes;
}
