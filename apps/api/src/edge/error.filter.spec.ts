import { ConflictException, MethodNotAllowedException, NotFoundException, type ArgumentsHost } from '@nestjs/common';
import { BlobTooLargeError, StorageError, UploadLostError } from '#cas';
import { errorCatalog, RegistryError, type ErrorKind } from '#oci';
import { createLogger } from '#platform';
import { ErrorFilter } from './error.filter.js';

/** What a client gets for something thrown; the reply keeps what it is told. */
function answerTo(thrown: unknown): { status: number; headers: Record<string, string>; body: unknown } {
  const answer = { status: 0, headers: {} as Record<string, string>, body: undefined as unknown };
  const reply = {
    raw: { headersSent: false },
    header: (name: string, value: string) => void (answer.headers[name] = value),
    headers: (headers: Record<string, string>) => Object.assign(answer.headers, headers),
    status(status: number) {
      answer.status = status;
      return this;
    },
    send: (body: string) => void (answer.body = JSON.parse(body)),
  };
  const request = { method: 'GET', originalUrl: '/v2/', raw: { headers: {} } };
  const host = { switchToHttp: () => ({ getRequest: () => request, getResponse: () => reply }) };
  new ErrorFilter(createLogger({ process: 'api', level: 'silent' })).catch(thrown, host as unknown as ArgumentsHost);
  return answer;
}

function expectKind(thrown: unknown, kind: ErrorKind): void {
  const { status, code, message } = errorCatalog[kind];
  expect(answerTo(thrown)).toMatchObject({ status, body: { errors: [{ code, message }] } });
}

describe('what a client is told', () => {
  it('of what the registry throws on purpose: its entry of the catalogue', () => {
    expectKind(new RegistryError('blobUnknown'), 'blobUnknown');
  });

  it('of a dependency that fails: to try again', () => {
    expectKind(new StorageError('disk on fire'), 'unavailable');
    expect(answerTo(new StorageError('disk on fire')).headers['retry-after']).toBe('5');
  });

  it('of an upload that storage cannot go on with: that there is none, that it is too large', () => {
    expectKind(new UploadLostError('gone'), 'uploadUnknown');
    expectKind(new BlobTooLargeError(5), 'blobTooLarge');
  });

  it('of a request the framework refuses: what fits', () => {
    expectKind(new NotFoundException('secret'), 'methodUnsupported');
    expectKind(new MethodNotAllowedException('secret'), 'methodUnsupported');
    expectKind(new ConflictException('secret'), 'requestInvalid');
    expectKind({ statusCode: 415, message: 'secret' }, 'requestInvalid');
  });

  it.each([new Error('secret'), new TypeError('secret'), 'secret', undefined, null, { statusCode: 500, message: 'secret' }])(
    'takes anything else for a bug and says nothing of it (%s)',
    (thrown) => {
      expectKind(thrown, 'unknown');
      expect(JSON.stringify(answerTo(thrown))).not.toContain('secret');
    },
  );

  it('of a range beyond the end: how much there is', () => {
    expect(answerTo(new RegistryError('rangeUnsatisfiable', { size: 7 })).headers['content-range']).toBe('bytes */7');
  });
});
