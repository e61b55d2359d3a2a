/** A pattern that cannot be understood, or would be too expensive to match; the message is one line for people. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
