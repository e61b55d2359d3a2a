import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { ReadBuffers } from '../../../buffers/read-buffers.js';
import type { AnswerHead } from './answer-head.js';
import { AnswerReader, type BegunAnswer } from './answer-reader.js';
import { IncomingBody, silenceMs } from './incoming-body.js';

const connectMs = 3_000;
/** Shorter than most stores keep idle connections, so that a request hardly ever meets one that is being closed. */
const idleMs = 15_000;
/** What is read while no body is due, and all over TLS. One for all connections: its bytes are looked at before another can read. */
const headRoom = Buffer.allocUnsafeSlow(64 * 1024);

/** Where connections go. */
export interface Origin {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Of the last TLS connection: the next begins with it, sooner. */
  session?: Buffer;
}

/** An answer: an object's bytes as they come, or an error's, all of them. */
export interface StoreAnswer extends AnswerHead {
  readonly body: IncomingBody | Buffer;
}

/** A request that waits for the beginning of its answer. */
interface Exchange {
  readonly reader: AnswerReader;
  resolve(answer: StoreAnswer): void;
  reject(error: Error): void;
}

/** A kept connection to a store, for GET, one request at a time. Node reads it into memory of ours: its streams cost more than all the rest. */
export class StoreConnection {
  readonly #socket: Socket;
  readonly #secure: boolean;
  #exchange: Exchange | null = null;
  #body: IncomingBody | null = null;
  #keep = false;
  #patience: NodeJS.Timeout | undefined;

  /** `free`: it can serve another request; `gone`: no more. */
  constructor(
    origin: Origin,
    private readonly buffers: ReadBuffers,
    private readonly tell: { free(connection: StoreConnection): void; gone(connection: StoreConnection): void },
  ) {
    const { secure, host, port, session } = origin;
    this.#secure = secure;
    const onread = {
      // TLS goes on after it was told to stop, with what it has deciphered already: a room that is full, or lent, must not be what it writes to.
      buffer: () => (secure ? headRoom : (this.#body?.room ?? headRoom)),
      callback: (bytes: number, { buffer, byteOffset }: Uint8Array) => this.#arrived(Buffer.from(buffer, byteOffset, bytes)),
    };
    const options: TcpNetConnectOpts = { host, port, noDelay: true, keepAlive: true, onread };
    this.#socket = secure ? connectSecurely({ ...options, session, servername: isIP(host) ? '' : host }) : connect(options);
    this.#socket
      .on(secure ? 'secureConnect' : 'connect', () => this.#expectWithin(silenceMs))
      .on('session', (fresh: Buffer) => (origin.session = fresh))
      .on('timeout', () => this.#socket.destroy())
      .on('error', (error) => this.#fail(error))
      .on('close', () => this.#ended());
    this.#expectWithin(connectMs);
  }

  /** `head`: of the request, with its empty line. Rejects as sockets do: with a code that says whether to try again. */
  request(head: string): Promise<StoreAnswer> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.connecting) this.#expectWithin(silenceMs);
      this.#exchange = { reader: new AnswerReader(), resolve, reject };
      this.#socket.ref().setTimeout(0).write(head, 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** False where no more may come for now. */
  #arrived(bytes: Buffer): boolean {
    const exchange = this.#exchange;
    try {
      if (this.#body) return this.#filled(this.#body, this.#secure ? this.#body.add(bytes) : this.#body.arrived(bytes.length));
      if (!exchange) throw new Error('an answer that nobody asked for');
      const answer = exchange.reader.read(bytes);
      return !answer || this.#begin(exchange, answer);
    } catch (error) {
      this.#socket.destroy(error as Error);
      return false;
    }
  }

  #begin({ resolve }: Exchange, answer: BegunAnswer): boolean {
    this.#exchange = null;
    clearTimeout(this.#patience);
    if ('error' in answer) {
      resolve({ ...answer.head, body: answer.error });
      this.#socket.destroy();
      return false;
    }
    const { head, length, first } = answer;
    this.#keep = !/\bclose\b/i.test(head.headers['connection'] ?? '');
    const abandon = (cause?: Error) => void this.#socket.destroy(cause);
    const body = new IncomingBody(length, this.buffers, { resume: () => void this.#socket.resume(), abandon });
    this.#body = body;
    const goOn = this.#filled(body, body.add(first));
    resolve({ ...head, body });
    return goOn;
  }

  #filled(body: IncomingBody, goOn: boolean): boolean {
    if (body.complete) this.#finish();
    return goOn;
  }

  #finish(): void {
    this.#body = null;
    if (!this.#keep) return void this.#socket.destroy();
    // It may have been told to stop before the last of its bytes came.
    this.#socket.resume().unref().setTimeout(idleMs);
    this.tell.free(this);
  }

  #expectWithin(milliseconds: number): void {
    clearTimeout(this.#patience);
    const late = () => void this.#socket.destroy(Object.assign(new Error(`no answer for ${milliseconds / 1000} s`), { code: 'ETIMEDOUT' }));
    this.#patience = setTimeout(late, milliseconds);
  }

  #ended(): void {
    const answer = this.#exchange?.reader.end();
    if (this.#exchange && answer) this.#begin(this.#exchange, answer);
    this.#fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    this.tell.gone(this);
  }

  #fail(error: Error): void {
    clearTimeout(this.#patience);
    this.#exchange?.reject(error);
    this.#body?.fail(error);
    this.#exchange = null;
  }
}
