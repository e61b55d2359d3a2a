/** What the program ends with; documented in docs/cli.md, and nothing else is used. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unavailable: 5,
  damage: 6,
  settings: 78,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Ends the program with a line for people and a code for scripts. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly code: ExitCode,
    message: string,
  ) {
    super(message);
  }
}
