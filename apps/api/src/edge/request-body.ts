import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { ByteSource } from '#cas';
import { RegistryError } from '#oci';

/** How a body may end before its time. */
export type BodyFailure = 'aborted' | 'stalled';

const continued = new WeakSet<IncomingMessage>();

/** True where a client has announced a body that it sends only when asked, and nobody has asked. */
export function awaitsContinue(request: IncomingMessage): boolean {
  return request.headers.expect !== undefined && !continued.has(request);
}

/**
 * A request's body as storage wants it: bytes that simply end. How they ended is asked afterwards, so that whatever came stays stored and
 * can be resumed. The idle time-out runs only while we wait for the client, never while the client waits for us.
 */
export class RequestBody {
  failure: BodyFailure | null = null;
  /** How long the client may still keep us waiting in all. */
  private patience = Number.POSITIVE_INFINITY;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly idleMilliseconds: number,
  ) {}

  /** Bytes announced by Content-Length; undefined for a streamed body. */
  get announced(): number | undefined {
    const header = this.request.headers['content-length'];
    return header === undefined ? undefined : Number(header);
  }

  /** How many bytes will come where that is known: announced, or all of a streamed body came with its head. To be asked before any is read. */
  async length(): Promise<number | undefined> {
    if (this.announced !== undefined) return this.announced;
    // A handler is called as soon as the head was parsed.
    await turn();
    return this.request.complete ? this.request.readableLength : undefined;
  }

  /** True where no body can come: no length and no chunking, or a length of 0. */
  get empty(): boolean {
    return this.request.headers['transfer-encoding'] === undefined && (this.announced ?? 0) === 0;
  }

  /** True where the client sends nothing before it is told that the body is wanted. */
  get awaited(): boolean {
    return awaitsContinue(this.request);
  }

  /** Throws `uploadInterrupted` where the body did not end as it should. */
  assertComplete(): void {
    if (this.failure) throw new RegistryError('uploadInterrupted', { reason: this.failure });
  }

  /** The bytes; may be asked for once. `withinMilliseconds` bounds the waits for the client together, else only each of them is bounded. */
  async *chunks(withinMilliseconds = Number.POSITIVE_INFINITY): ByteSource {
    const { request } = this;
    this.patience = withinMilliseconds;
    if (awaitsContinue(request)) {
      continued.add(request);
      this.response.writeContinue();
    }
    for (;;) {
      const chunk = request.read() as Buffer | null;
      if (chunk !== null) yield chunk;
      else if (request.readableEnded) return;
      else if (!(await this.more())) return;
    }
  }

  /** Waits until there is something to read or the end is known; false when nothing will come any more. */
  private more(): Promise<boolean> {
    const { request } = this;
    if (request.destroyed && !request.complete) return Promise.resolve(this.fail('aborted'));
    if (this.patience <= 0) return Promise.resolve(this.fail('stalled'));
    const since = performance.now();
    return new Promise((resolve) => {
      const settle = (answer: boolean) => {
        clearTimeout(timer);
        this.patience -= performance.now() - since;
        request.off('readable', onReadable).off('end', onEnd).off('close', onClose).off('error', onClose);
        resolve(answer);
      };
      const onReadable = () => settle(true);
      const onEnd = () => settle(false);
      const onClose = () => settle(request.complete ? false : this.fail('aborted'));
      const timer = setTimeout(() => settle(this.fail('stalled')), Math.min(this.idleMilliseconds, this.patience));
      request.on('readable', onReadable).on('end', onEnd).on('close', onClose).on('error', onClose);
    });
  }

  private fail(failure: BodyFailure): false {
    this.failure = failure;
    return false;
  }
}
