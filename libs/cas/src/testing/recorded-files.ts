type AnyFunction = (...args: unknown[]) => unknown;
type Functions = Readonly<Record<string, unknown>>;

/** One call of the file system, in order of its beginning. */
export interface FileCall {
  readonly name: string;
  /** What it is about; for a descriptor, the path it was opened by. */
  readonly path: string;
  readonly args: readonly unknown[];
  /** Which opening it is, or of which. */
  readonly opening?: number;
}

/** The file system as it is, every call of it noted: functions to be put in the place of those of `node:fs` and `node:fs/promises`. */
export class RecordedFiles {
  readonly calls: FileCall[] = [];
  private openings = 0;
  private readonly open = new Map<unknown, { path: string; opening: number }>();

  /** What `node:fs` exports; its promises are not noted. */
  wrapCallbacks(functions: Functions): Record<string, unknown> {
    return { ...this.wrap(functions), open: (...args: unknown[]) => this.noteOpen(functions['open'] as AnyFunction, args) };
  }

  /** What `node:fs/promises` exports. */
  wrap(functions: Functions): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(functions).map(([name, value]) => [
        name,
        isPlain(value) ? (...args: unknown[]) => this.note(name, value, args) : value,
      ]),
    );
  }

  private note(name: string, real: AnyFunction, args: readonly unknown[]): unknown {
    const [target, ...rest] = args;
    const known = this.open.get(target);
    this.calls.push({ name, path: known?.path ?? String(target), args: rest, opening: known?.opening });
    if (name === 'close') this.open.delete(target);
    return real(...args);
  }

  private noteOpen(real: AnyFunction, args: readonly unknown[]): unknown {
    const answer = args.at(-1) as (error: unknown, descriptor?: number) => void;
    this.openings += 1;
    const opened = { path: String(args[0]), opening: this.openings };
    this.calls.push({ name: 'open', args: args.slice(1), ...opened });
    return real(...args.slice(0, -1), (error: unknown, descriptor?: number) => {
      if (!error) this.open.set(descriptor, opened);
      answer(error, descriptor);
    });
  }
}

/** Not a class such as `Stats`. */
function isPlain(value: unknown): value is AnyFunction {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}
