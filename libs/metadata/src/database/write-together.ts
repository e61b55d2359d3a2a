import { isOutcomeUnknown } from './database-errors.js';

/** Writes all items in one statement, or none of them and throws; answers in their order. */
export type SendAll<Item, Answer> = (items: readonly Item[]) => Promise<readonly Answer[]>;

/**
 * What becomes of each item, in their order: all go in one statement, and where the server says that it failed, each alone, so that nobody fails by
 * a neighbour. Where nobody knows what became of them, none is tried again.
 */
export function writeTogether<Item, Answer>(items: readonly Item[], send: SendAll<Item, Answer>): Promise<Answer>[] {
  const together = send(items);
  return items.map((item, i) =>
    together.then(
      (answers) => answers[i]!,
      async (error: unknown) => {
        if (items.length === 1 || isOutcomeUnknown(error)) throw error;
        return (await send([item]))[0]!;
      },
    ),
  );
}
