import { createInterface } from 'node:readline/promises';

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Aborted by Ctrl-C. */
  readonly interruption: AbortController;
}

/** Asks whoever sits at the terminal; null where nobody does, or with Ctrl-D instead of an answer. Throws once it is interrupted. */
export async function askPerson(question: string, { input, output, interruption }: Terminal): Promise<string | null> {
  if (!input.isTTY || !output.isTTY) return null;
  const { signal } = interruption;
  const lines = createInterface({ input, output, terminal: true });
  // While a line is edited, Ctrl-C is a key like any other, and no signal comes.
  lines.on('SIGINT', () => interruption.abort());
  const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
  const asked = lines.question(question, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    // A line that was closed without an answer is told as an abortion as well.
    if (error instanceof Error && error.name === 'AbortError') return null;
    throw error;
  });
  try {
    const answer = await Promise.race([asked, ended]);
    // What comes next begins a line of its own.
    if (answer === null) output.write('\n');
    return answer;
  } finally {
    lines.close();
  }
}
