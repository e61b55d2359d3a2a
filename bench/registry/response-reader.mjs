const headEnd = Buffer.from('\r\n\r\n');

/** One HTTP/1.1 response as it comes in: status, head and how many bytes of body. The body itself is dropped. */
export class ResponseReader {
  status = 0;
  head = '';
  bytes = 0;
  #method;
  #partialHead = null;
  /** Of a body of known length, or of the chunk at hand. */
  #left = 0;
  /** 'head', 'length', or within a chunked body 'size', 'chunk', 'chunk-end', 'trailer'. */
  #state = 'head';
  #line = '';

  constructor(method) {
    this.#method = method;
  }

  /** Takes what came (its memory is used again afterwards); true once the response is whole. */
  take(bytes) {
    let rest = bytes;
    while (this.#state === 'head') {
      rest = this.#takeHead(rest);
      if (rest === null) return false;
      if (this.#state === 'none') return true;
    }
    if (this.#state === 'length') {
      this.bytes += rest.length;
      this.#left -= rest.length;
      return this.#left <= 0;
    }
    return this.#takeChunks(rest);
  }

  /** Answers what follows the head, or null while there is more of it to come. */
  #takeHead(bytes) {
    const all = this.#partialHead ? Buffer.concat([this.#partialHead, bytes]) : bytes;
    const end = all.indexOf(headEnd);
    this.#partialHead = end < 0 ? Buffer.from(all) : null;
    if (end < 0) return null;
    this.head = all.latin1Slice(0, end + 2);
    this.status = Number(this.head.slice(9, 12));
    if (this.status >= 200) this.#state = this.#bodyState();
    return all.subarray(end + 4);
  }

  #bodyState() {
    if (this.#method === 'HEAD' || this.status === 204 || this.status === 304) return 'none';
    const length = headerOf(this.head, 'content-length');
    if (length === undefined) return 'size';
    this.#left = Number(length);
    return this.#left === 0 ? 'none' : 'length';
  }

  #takeChunks(bytes) {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'chunk' || this.#state === 'chunk-end') {
        const taken = Math.min(this.#left, bytes.length - at);
        if (this.#state === 'chunk') this.bytes += taken;
        at += taken;
        this.#left -= taken;
        if (this.#left > 0) return false;
        this.#left = this.#state === 'chunk' ? 2 : 0;
        this.#state = this.#state === 'chunk' ? 'chunk-end' : 'size';
      } else {
        const newline = bytes.indexOf(10, at);
        this.#line += bytes.latin1Slice(at, newline < 0 ? bytes.length : newline);
        if (newline < 0) return false;
        at = newline + 1;
        if (this.#takeLine(this.#line.trim())) return true;
        this.#line = '';
      }
    }
    return false;
  }

  /** A chunk's size or a line of the trailer; true where the response ends with it. */
  #takeLine(line) {
    if (this.#state === 'trailer') return line === '';
    this.#left = Number.parseInt(line, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    return false;
  }
}

const patterns = new Map();

/** The value of a header, or undefined. */
export function headerOf(head, name) {
  if (!patterns.has(name)) patterns.set(name, new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i'));
  return patterns.get(name).exec(head)?.[1];
}
