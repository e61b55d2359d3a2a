/** The head of an HTTP answer; names in lower case, what comes twice joined by commas. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Parses a head without its empty line (RFC 9112, sections 4 and 5); throws where it is none. */
export function parseHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw new Error('an answer that is no HTTP');
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new Error('an answer with a line that is no header');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { status: Number(status), headers };
}

/** How many bytes follow a head; null where another framing says, or the end of the connection. */
export function lengthOf({ headers }: AnswerHead): number | null {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (encoding !== undefined || length === undefined) return null;
  if (!/^\d{1,15}$/.test(length)) throw new Error('an answer without a usable length');
  return Number(length);
}

/** The body that these bytes are, however it is framed; null where more has to come. `ended`: nothing does. */
export function wholeBody(head: AnswerHead, bytes: Buffer, ended: boolean): Buffer | null {
  if (head.headers['transfer-encoding'] !== undefined) return unchunked(bytes);
  const length = [204, 304].includes(head.status) ? 0 : lengthOf(head);
  if (length === null) return ended ? bytes : null;
  return bytes.length < length ? null : bytes.subarray(0, length);
}

/** RFC 9112, section 7.1. Trailers are of no use here. */
function unchunked(bytes: Buffer): Buffer | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size >= 0)) throw new Error('an answer with a chunk that is none');
    if (size === 0) return Buffer.concat(chunks);
    const start = lineEnd + 2;
    at = start + size + 2;
    if (at > bytes.length) return null;
    chunks.push(bytes.subarray(start, start + size));
  }
}
