import pg from 'pg';
import { asStoreError, breaksConnection, DatabaseUnavailableError, isOutcomeUnknown } from './database-errors.js';

function serverError(code: string, severity = 'ERROR'): Error {
  return Object.assign(new pg.DatabaseError('said the server', 10, 'error'), { code, severity });
}
const socketError = (code: string) => Object.assign(new Error(code), { code });

describe('what became of a statement that failed', () => {
  it.each(['23505', '23503', '40P01', '55P03', '57014', '22P02'])('is known after %s: it was rolled back', (code) => {
    expect(isOutcomeUnknown(serverError(code))).toBe(false);
    expect(isOutcomeUnknown(new DatabaseUnavailableError({ cause: serverError(code) }))).toBe(false);
  });

  it.each(['08006', '57P01', '40003', 'XX000'])('is not known after %s', (code) => expect(isOutcomeUnknown(serverError(code))).toBe(true));

  it('is not known where the server died of it', () => expect(isOutcomeUnknown(serverError('53100', 'PANIC'))).toBe(true));

  it.each(['ECONNRESET', 'EPROTO', 'ENOTCONN', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'EPIPE'])(
    'is not known after %s, and the connection is of no use',
    (code) => {
      expect(isOutcomeUnknown(socketError(code))).toBe(true);
      expect(breaksConnection(socketError(code))).toBe(true);
      expect(asStoreError(socketError(code))).toBeInstanceOf(DatabaseUnavailableError);
    },
  );

  it('is not known after an error of our own', () => expect(isOutcomeUnknown(new RangeError('too large'))).toBe(true));
});
