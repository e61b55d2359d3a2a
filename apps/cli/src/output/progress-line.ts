import type { Sink } from '../shell.js';

/** How far something is. `part`: 0 to 1, where the whole is known. */
export interface Progress {
  readonly part?: number;
  readonly text: string;
}

const barWidth = 24;

/** One line of a terminal, written over and over; nothing at all where standard error is a file or a pipe. */
export class ProgressLine {
  private shown = false;

  constructor(private readonly sink: Sink) {}

  /** Somebody sees it. */
  get visible(): boolean {
    return this.sink.isTTY === true;
  }

  show({ part, text }: Progress): void {
    if (!this.visible) return;
    const line = part === undefined ? text : `${barOf(part)} ${text}`;
    // A line that wraps could not be written over.
    this.sink.write(`\r\u001b[K${line.slice(0, (this.sink.columns ?? 80) - 1)}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.sink.write('\r\u001b[K');
    this.shown = false;
  }
}

function barOf(part: number): string {
  const whole = Math.min(Math.max(part, 0), 1);
  const full = Math.round(whole * barWidth);
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${String(Math.floor(whole * 100)).padStart(3)} %`;
}
