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

/** Some objects could not be deleted, the others have been. `codes`: what storage said of each, by key. */
export class ObjectsKeptError extends StorageError {
  constructor(readonly codes: ReadonlyMap<string, string>) {
    super(`cannot delete ${codes.size} objects: ${[...new Set(codes.values())].join(', ')}`);
    this.name = 'ObjectsKeptError';
  }
}
