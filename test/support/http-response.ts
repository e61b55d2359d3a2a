/** An answer exactly as it came: header lines in order, body bytes untouched. */
export class HttpResponse {
  constructor(
    readonly status: number,
    readonly headers: readonly (readonly [name: string, value: string])[],
    readonly body: Buffer,
    /** Statuses of the 1xx answers that came before, such as 100. */
    readonly interim: readonly number[],
  ) {}

  /** Every value of a header, in order. */
  all(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.headers.filter(([header]) => header.toLowerCase() === wanted).map(([, value]) => value);
  }

  header(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** A header that must be there. */
  need(name: string): string {
    const value = this.header(name);
    if (value === undefined) throw new Error(`answer ${this.status} has no ${name} header: ${JSON.stringify(this.headers)}`);
    return value;
  }

  text(): string {
    return this.body.toString('utf8');
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }

  /** The codes of an error body; none where the body is something else. */
  codes(): string[] {
    try {
      return (this.json<{ errors?: { code: string }[] }>().errors ?? []).map((error) => error.code);
    } catch {
      return [];
    }
  }

  /** The `detail` of the first error. */
  detail(): Record<string, unknown> {
    return this.json<{ errors: { detail?: Record<string, unknown> }[] }>().errors[0]?.detail ?? {};
  }
}
