const outOfSpace: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Storage failed a request it should have met: disk or network broken, full, or content lost; the edge answers 503. `cause` is what storage said. */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
  }

  /** True where there was no room left, which clients are told apart from other failures. */
  get full(): boolean {
    const { cause } = this;
    return typeof cause === 'object' && cause !== null && 'code' in cause && outOfSpace.has(String(cause.code));
  }
}
