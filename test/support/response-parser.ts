import { HttpResponse } from './http-response.js';

interface Head {
  readonly status: number;
  readonly headers: [string, string][];
}

const blankLine = Buffer.from('\r\n\r\n');

/** Reads one HTTP/1.1 answer off a connection, byte by byte as it comes; interim answers are counted and skipped. */
export class ResponseParser {
  private readonly interim: number[] = [];
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private head: Head | undefined;

  constructor(private readonly method: string) {}

  get sawContinue(): boolean {
    return this.interim.includes(100);
  }

  /** Takes what came; answers the response once it is whole. */
  push(bytes: Buffer): HttpResponse | undefined {
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    while (!this.head) if (!this.readHead()) return undefined;
    return this.readBody(false);
  }

  /** The connection has ended; answers the response if that was its end. */
  end(): HttpResponse | undefined {
    return this.head && this.readBody(true);
  }

  private readHead(): boolean {
    const bytes = this.gather();
    const end = bytes.indexOf(blankLine);
    if (end < 0) return false;
    const [statusLine, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine ?? '')?.[1] ?? NaN);
    if (Number.isNaN(status)) throw new Error(`not an HTTP answer: ${statusLine}`);
    this.pending = [bytes.subarray(end + blankLine.length)];
    this.pendingBytes = this.pending[0]!.length;
    if (status < 200) this.interim.push(status);
    else this.head = { status, headers: lines.map(splitHeader) };
    return true;
  }

  private readBody(ended: boolean): HttpResponse | undefined {
    const { status, headers } = this.head!;
    const find = (name: string) => headers.find(([header]) => header.toLowerCase() === name)?.[1];
    const done = (body: Buffer) => new HttpResponse(status, headers, body, this.interim);
    if (this.method === 'HEAD' || status === 204 || status === 304) return done(this.gather());
    if (find('transfer-encoding')?.toLowerCase() === 'chunked') {
      const body = unchunk(this.gather());
      return body && done(body);
    }
    const length = find('content-length');
    if (length === undefined) return ended ? done(this.gather()) : undefined;
    return this.pendingBytes >= Number(length) ? done(this.gather().subarray(0, Number(length))) : undefined;
  }

  private gather(): Buffer {
    if (this.pending.length !== 1) this.pending = [Buffer.concat(this.pending)];
    return this.pending[0]!;
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** The content of a chunked body, or undefined while its last chunk is missing. */
function unchunk(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
