import type { ChunkSource } from './chunk-source.js';
import { LittleRoom } from './little-room.js';
import type { PartRoom } from './part-room.js';
import { RoomOpener, type GatherTools } from './room-opener.js';

/** Sockets of Node hand over at most this much at once; a source that brings it within the budget's patience is worth a part's memory. */
const chunkBytes = 64 * 1024;
/** What a slow source gathers before it is stored, where no part's memory is free. */
const littleBytes = 1024 * 1024;

/**
 * Bytes that leave. The first `lead` of them are to be filled in before. `why`: a whole part; or the source ended; or the memory is wanted by
 * others, and more may come. Whoever takes it releases it.
 */
export interface Gathered {
  readonly memory: Buffer;
  readonly lead: number;
  readonly why: 'part' | 'end' | 'pause';
  release(): void;
}

/**
 * Gathers a source into parts. It begins with little memory, reserved before the source is pulled; a source that proves fast waits its turn
 * for a part's, holding nothing but its first bytes. Nobody waits for memory while holding a part's, so that uploads can't block each other.
 * While others wait, memory is given back after each part, and by sources that don't fill it within the budget's patience.
 */
export class PartGatherer {
  #little: LittleRoom;
  readonly #rooms: RoomOpener;
  #room: PartRoom | null = null;
  /** A room whose first part is being stored and that holds the beginning of the next. */
  #kept: { readonly room: PartRoom; readonly stored: Promise<void> } | null = null;
  #fast = false;
  #admitted = false;

  constructor(
    private readonly source: ChunkSource,
    private readonly tools: GatherTools,
  ) {
    this.#little = new LittleRoom(tools.memory);
    this.#rooms = new RoomOpener(source, tools);
  }

  /** The next bytes that leave; null at the end. Throws what the source throws. */
  async next(): Promise<Gathered | null> {
    if (!this.#admitted) await this.#admit();
    for (;;) {
      const holds = this.#room !== null || this.#kept !== null;
      // Where all that was announced has come, nothing but the end is to be expected: no memory for that.
      if (!holds && this.#little.bytes === 0 && this.source.expected === 0) await this.source.ready();
      if (!holds && this.#little.bytes === 0 && this.source.ended) return null;
      const gathered = holds || this.#fast ? await this.#fillRoom() : await this.#fillLittle();
      if (gathered) return gathered;
    }
  }

  /** To be called once all that was gathered has been released. */
  async close(): Promise<void> {
    this.#little.release();
    this.#room?.release();
    this.#kept?.room.release();
    await this.source.close();
  }

  /** Waits for a turn before the source is pulled at all. */
  async #admit(): Promise<void> {
    this.#admitted = true;
    const { memory } = this.tools;
    const reservation = await memory.reserveOnly(Math.min(chunkBytes, this.source.expected, memory.buffers.bytes));
    try {
      await this.source.ready(reservation.wanted);
      if (this.source.atHand > 0) this.#little.adopt(Buffer.from(this.source.take(reservation.bytes)), reservation);
      else reservation.release();
    } catch (error) {
      reservation.release();
      throw error;
    }
  }

  async #fillLittle(): Promise<Gathered | null> {
    const little = this.#little;
    for (;;) {
      if (this.source.ended) return little.bytes > 0 ? this.#leaveLittle('end') : null;
      if (this.#isFast()) {
        this.#fast = true;
        return null;
      }
      if (little.bytes >= littleBytes) return (await this.#findRoom()) ? null : this.#leaveLittle('pause');
      if (!(await this.source.ready(little.wanted))) return this.#leaveLittle('pause');
      if (this.source.atHand > 0 && !(await little.add(this.source))) return this.#leaveLittle('pause');
    }
  }

  #isFast(): boolean {
    const { bytes, milliseconds } = this.#little;
    return bytes >= chunkBytes && milliseconds <= this.tools.memory.buffers.patienceMs && this.source.expected > 0;
  }

  #leaveLittle(why: 'end' | 'pause'): Gathered {
    const little = this.#little;
    this.#little = new LittleRoom(this.tools.memory);
    return { memory: little.bytesSoFar(), lead: 0, why, release: () => little.release() };
  }

  async #fillRoom(): Promise<Gathered | null> {
    const room = (this.#room ??= (await this.#goOn()) ?? (await this.#openRoom()));
    while (!room.full) {
      if (!(await this.source.ready(room.patience))) return this.#giveBack(room);
      if (this.source.ended) return this.#leave(room, 'end');
      room.fill(this.source);
    }
    // Of what was announced nothing is left: it should end now.
    if (this.source.expected === 0) await this.source.ready();
    return this.source.ended ? this.#leave(room, 'end') : this.#leavePart(room);
  }

  /** Gives little memory back before it waits for a part's: what it held is a chunk or two. */
  async #openRoom(): Promise<PartRoom> {
    const first = this.#little.bytesSoFar();
    this.#little.release();
    return this.#rooms.open(first);
  }

  /** Moves what little there is into a part's memory, if that can be had at once. */
  async #findRoom(): Promise<boolean> {
    this.#room = await this.#rooms.openAtOnce(this.#little.bytesSoFar());
    if (this.#room) this.#little.release();
    return this.#room !== null;
  }

  /** A part leaves; what lies behind it begins the next one, in other memory if there is some at once, else in this one when the part is stored. */
  async #leavePart(room: PartRoom): Promise<Gathered | null> {
    const { partBytes } = room.shape;
    if (room.filled <= partBytes || room.wanted) return this.#leave(room, room.filled < partBytes ? 'pause' : 'part');
    const behind = room.memory.subarray(partBytes, room.filled);
    const part = { memory: room.memory.subarray(0, partBytes), lead: room.lead, why: 'part' } as const;
    this.#room = await this.#rooms.openBehind(behind);
    if (this.#room) return { ...part, release: () => room.release() };
    const { promise: stored, resolve: release } = Promise.withResolvers<void>();
    this.#kept = { room, stored };
    return { ...part, release };
  }

  async #goOn(): Promise<PartRoom | null> {
    if (!this.#kept) return null;
    const { room, stored } = this.#kept;
    await stored;
    this.#kept = null;
    room.restart(room.shape.partBytes);
    return room;
  }

  /** What came becomes a part, stays as little as it is, or is stored as it is. */
  #giveBack(room: PartRoom): Gathered | null {
    const { partBytes, aheadBytes } = room.shape;
    if (room.filled >= (aheadBytes || partBytes)) return this.#leave(room, 'pause');
    this.#fast = false;
    if (room.bytes === 0 || room.bytes > littleBytes) return this.#leave(room, 'pause');
    this.#room = null;
    const bytes = Buffer.from(room.memory.subarray(room.lead, room.filled));
    this.#little.adopt(bytes, room.lent.leaveReservation(bytes.length));
    return null;
  }

  #leave(room: PartRoom, why: Gathered['why']): Gathered | null {
    this.#room = null;
    if (room.bytes === 0) {
      room.release();
      return null;
    }
    room.lent.shrink(room.filled);
    return { memory: room.memory, lead: room.lead, why, release: () => room.release() };
  }
}
