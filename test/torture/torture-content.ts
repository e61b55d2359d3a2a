import { createHash } from 'node:crypto';
import type { Digest } from '#oci';
import { digestBytes } from '../support/content.js';

/** Bytes that are there again whenever they are asked for, so that nobody has to keep them. */
export interface Made {
  readonly digest: Digest;
  readonly size: number;
  bytes(): Buffer;
}

const mebibyte = 1_048_576;
const hotSizes = [90, 700, 5_000, 40_000, 150_000, 600_000];

/** Content out of a seed: some blobs that everybody pushes, and new ones without end. */
export class TortureContent {
  readonly hot: readonly Made[];
  private made = 0;
  private large = 0;

  constructor(
    private readonly seed: number,
    private readonly random: () => number,
    /** How many blobs of several parts there may be: the store of a test is memory. */
    private readonly mostLarge: number,
  ) {
    this.hot = Array.from({ length: 18 }, (_, at) => made(`hot ${at} of ${seed}`, hotSizes[at % hotSizes.length]!));
  }

  /** One that nobody has ever pushed. */
  fresh(): Made {
    this.made += 1;
    const size = this.size();
    return made(`fresh ${this.made} of ${this.seed}`, size);
  }

  /** A digest that belongs to nothing. */
  nobodys(): Digest {
    this.made += 1;
    return digestBytes(`nobody's ${this.made} of ${this.seed}`);
  }

  private size(): number {
    const dice = this.random();
    if (dice < 0.03 && this.large < this.mostLarge) {
      this.large += 1;
      return Math.floor((14 + this.random() * 8) * mebibyte);
    }
    return Math.floor(dice < 0.7 ? 100 + this.random() * 20_000 : 20_000 + this.random() * 800_000);
  }
}

function made(name: string, size: number): Made {
  const bytes = () => createHash('shake256', { outputLength: size }).update(name).digest();
  return { digest: digestBytes(bytes()), size, bytes };
}
