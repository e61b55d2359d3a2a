import { createHash, randomBytes } from 'node:crypto';

const blockBytes = 1_048_576;
const block = randomBytes(blockBytes);
const headBytes = 16;

/**
 * Bytes that cost next to nothing to make, and are those of no other body: one random block again and again, each time with a head of its
 * own. The same from any offset, however often they are asked for.
 */
export class MadeBody {
  #mark = randomBytes(8);

  constructor(bytes) {
    this.bytes = bytes;
  }

  /** From one offset to another; what is yielded must not be written to. */
  *chunks(from = 0, to = this.bytes) {
    for (let at = from; at < to;) {
      const inBlock = at % blockBytes;
      const end = inBlock < headBytes ? headBytes : blockBytes;
      const length = Math.min(end - inBlock, to - at);
      const source = inBlock < headBytes ? this.#head(Math.floor(at / blockBytes)) : block;
      yield source.subarray(inBlock, inBlock + length);
      at += length;
    }
  }

  get digest() {
    const hash = createHash('sha256');
    for (const chunk of this.chunks()) hash.update(chunk);
    return `sha256:${hash.digest('hex')}`;
  }

  #head(index) {
    const head = Buffer.alloc(headBytes);
    this.#mark.copy(head);
    head.writeBigUInt64LE(BigInt(index), 8);
    return head;
  }
}
