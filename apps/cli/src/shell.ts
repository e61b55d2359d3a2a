import type { Settings } from '#platform';

/** Where text goes. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What surrounds a run of the program: everything it reads from and writes to besides the database. */
export interface Shell {
  /** What was asked for, and nothing else. */
  readonly stdout: Sink;
  /** Progress, remarks, errors. */
  readonly stderr: Sink;
  /** Throws SettingsError. */
  readonly settings: () => Settings;
  /** Asks a person; null where there is nobody to ask. */
  readonly ask: (question: string) => Promise<string | null>;
  /** Aborts with Ctrl-C. */
  readonly interrupted: AbortSignal;
}
