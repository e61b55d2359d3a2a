import pg from 'pg';

/** Postgres can't be reached, is too slow or broke off; what was asked may or may not have happened. The edge answers 503. */
export class DatabaseUnavailableError extends Error {
  /** False: nothing has happened, for want of a connection or of a repository. */
  readonly asked: boolean;

  constructor({ asked = true, ...options }: ErrorOptions & { readonly asked?: boolean } = {}) {
    super('the database is unavailable', options);
    this.name = 'DatabaseUnavailableError';
    this.asked = asked;
  }
}

interface CodedError {
  readonly code?: unknown;
  readonly message?: unknown;
}

// Deadlock, serialization, and a foreign key whose target the collector took: the same transaction, begun again, finds the world in order.
const restartable = new Set(['40P01', '40001', '23503']);
// 08 connection, 53 resources (connections, disk, memory), 57 operator (shutdown, crash, statement time-out), 58 system.
const unavailableClass = /^(08|53|57|58)/;
// Lock time-out, idle-in-transaction time-out, a server that became a standby.
const unavailable = new Set(['55P03', '25P03', '25006']);
const network = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET|ENOENT|EADDR|EPROTO|ENOTCONN|ERR_STREAM|ERR_SSL|ERR_TLS)/;
// pg gives these no code.
const brokenMessage = /connection terminated|timeout|connection error|not queryable|client was closed|cannot use a pool after/i;
const stillUsable = new Set(['57014', '55P03']);

function codeOf(error: unknown): string {
  const code = (error as CodedError | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** True for errors after which the same transaction may be begun again, once (40P01, 40001, 23503). */
export function isRestartable(error: unknown): boolean {
  return restartable.has(codeOf(error));
}

export function isDeadlock(error: unknown): boolean {
  return codeOf(error) === '40P01';
}

export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03';
}

/** True where Postgres is gone, overloaded or too slow, rather than asked something wrong. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return true;
  const code = codeOf(error);
  if (code) return unavailableClass.test(code) || unavailable.has(code) || network.test(code);
  return brokenMessage.test(String((error as CodedError | null)?.message));
}

/** True where the connection may not be used again: cut, or in a state nobody knows. */
export function breaksConnection(error: unknown): boolean {
  return isUnavailable(error) && !stillUsable.has(codeOf(error));
}

// Of the server's own errors those that may come after a commit, or from a pooler in between.
const perhapsCommitted = /^(08|57P|40003|XX)/;

/**
 * True for what callers see unless the server itself said that the statement failed, which then is rolled back. Otherwise what was asked may have
 * happened, and asking again is for the client.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  const cause = error instanceof DatabaseUnavailableError ? error.cause : error;
  return !(cause instanceof pg.DatabaseError && cause.severity === 'ERROR' && !perhapsCommitted.test(cause.code ?? 'XX'));
}

/** True where what was asked has certainly not happened. */
export function isOutcomeNothing(error: unknown): boolean {
  return !isOutcomeUnknown(error) || (error instanceof DatabaseUnavailableError && !error.asked);
}

/** What callers are to see of an error: DatabaseUnavailableError, or the error itself. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof DatabaseUnavailableError) return error;
  const lostTwice = isRestartable(error) && codeOf(error) !== '23503';
  return isUnavailable(error) || lostTwice ? new DatabaseUnavailableError({ cause: error }) : error;
}
