/** A process cannot start, or go on, for a reason outside of it; the message is one line for people, and no stack is worth showing. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
