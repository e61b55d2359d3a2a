import { lengthOf, parseHead, wholeBody, type AnswerHead } from './answer-head.js';

const maxHeadBytes = 64 * 1024;
const maxErrorBytes = 1024 * 1024;

/** An object's head, its length and the first of its bytes; or an error, all of it. */
export type BegunAnswer =
  { readonly head: AnswerHead; readonly length: number; readonly first: Buffer } | { readonly head: AnswerHead; readonly error: Buffer };

/** Reads an answer up to where the bytes of an object begin. Errors are read whole: they are rare, and small. */
export class AnswerReader {
  #text = '';
  #head: AnswerHead | null = null;
  #error = Buffer.alloc(0);

  /** Null where more has to come; throws where this is no answer. Keeps nothing of `bytes`. */
  read(bytes: Buffer): BegunAnswer | null {
    if (this.#head) return this.#readError(this.#head, bytes);
    this.#text += bytes.toString('latin1');
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0 && this.#text.length > maxHeadBytes) throw new Error('an answer with too long a head');
    if (end < 0) return null;
    const head = parseHead(this.#text.slice(0, end));
    const rest = bytes.subarray(bytes.length - (this.#text.length - end - 4));
    this.#text = '';
    return head.status < 200 ? this.read(rest) : this.#begin(head, rest);
  }

  /** The connection has ended: with some errors, that is how they end. */
  end(): BegunAnswer | null {
    const error = this.#head && wholeBody(this.#head, this.#error, true);
    return this.#head && error ? { head: this.#head, error } : null;
  }

  #begin(head: AnswerHead, first: Buffer): BegunAnswer | null {
    const length = lengthOf(head);
    if (length === null || (head.status !== 200 && head.status !== 206)) {
      this.#head = head;
      return this.#readError(head, first);
    }
    if (first.length > length) throw new Error('an answer longer than it says');
    return { head, length, first };
  }

  #readError(head: AnswerHead, bytes: Buffer): BegunAnswer | null {
    this.#error = Buffer.concat([this.#error, bytes]);
    if (this.#error.length > maxErrorBytes) throw new Error('an error that does not end');
    const error = wholeBody(head, this.#error, false);
    return error && { head, error };
  }
}
