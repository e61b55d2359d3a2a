import type { ChunkSource } from './chunk-source.js';
import type { PartMemory } from './part-memory.js';
import { PartRoom, type PartShape } from './part-room.js';

/** What gathering works with. `shape`: of the part to come; `prepare`: called before memory for one is asked for. */
export interface GatherTools {
  readonly memory: PartMemory;
  shape(): PartShape;
  prepare(): Promise<void>;
}

/** Finds memory for parts, as much as the source will fill. Each room begins with the bytes that are there already. */
export class RoomOpener {
  constructor(
    private readonly source: ChunkSource,
    private readonly tools: GatherTools,
  ) {}

  /** Waits for its turn. */
  async open(first: Uint8Array): Promise<PartRoom> {
    await this.tools.prepare();
    const shape = this.tools.shape();
    const { memory } = this.tools;
    return this.#roomWith(new PartRoom(await memory.reserve(this.#sizeOf(shape, first.length)), shape, memory.buffers.patienceMs), first);
  }

  /** Null where there would be a wait, or nothing more is to come. */
  async openAtOnce(first: Uint8Array): Promise<PartRoom | null> {
    await this.tools.prepare();
    return this.#openAtOnce(this.tools.shape(), first);
  }

  /** The same for what lies behind a part that has just been cut off, so that nothing goes before it. */
  async openBehind(first: Uint8Array): Promise<PartRoom | null> {
    return this.#openAtOnce({ ...this.tools.shape(), lead: 0 }, first);
  }

  async #openAtOnce(shape: PartShape, first: Uint8Array): Promise<PartRoom | null> {
    if (this.source.expected === 0) return null;
    const { memory } = this.tools;
    const lent = await memory.reserveAtOnce(this.#sizeOf(shape, first.length));
    return lent && this.#roomWith(new PartRoom(lent, shape, memory.buffers.patienceMs), first);
  }

  #roomWith(room: PartRoom, first: Uint8Array): PartRoom {
    room.add(first);
    return room;
  }

  /**
   * All that is announced where that is one part; a part where it is known that a legal one follows; else a part and what must be seen of the
   * next. Never less than there is already: a slow source may have brought more than a small part.
   */
  #sizeOf({ lead, partBytes, aheadBytes }: PartShape, bytesHeld: number): number {
    const rest = lead + bytesHeld + this.source.expected;
    if (rest <= partBytes + aheadBytes) return rest;
    return Math.max(rest === Infinity ? partBytes + aheadBytes : partBytes, lead + bytesHeld);
  }
}
