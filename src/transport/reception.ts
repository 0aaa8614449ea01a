// Where the batched sockets of one thread receive: seats of its arena, refilled as questions leave with them. Knows seats and the
// addon's tables; knows nothing of what is received.
import { PACKET_ROOM, PEER } from '../kernel/query/arena.ts';
import type { Arena } from '../kernel/query/arena.ts';
import type { Query } from '../kernel/query/query.ts';
import { BOARD_WORDS, LENGTHS, OFFSETS, POSITIONS, READY, TURN, WAITING } from './addon.ts';
import type { Addon } from './addon.ts';
import { Seats } from './seats.ts';

/** Milliseconds between looks for free seats while there are too few. */
const HUNGRY = 1;
/** Milliseconds between looks for memory that is not needed any more. */
const LOOK = 10_000;

/** The positions of a batch. All listeners of a thread share them, since a batch is answered before the next one is received. */
export class Reception {
  /** The number of its board. */
  readonly board: number;
  readonly table: Int32Array;
  readonly #addon: Addon;
  readonly #seats: Seats;
  readonly #at: (Query | undefined)[] = [];
  /** Queries whose replies lie in outboxes, and the turn in which they were put there. */
  #leaving: Query[] = [];
  #turn = 0;
  #users = 0;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(addon: Addon, arena: Arena) {
    this.#addon = addon;
    this.#seats = Seats.of(arena);
    this.table = new Int32Array(new ArrayBuffer(BOARD_WORDS * 4));
    this.board = addon.board(this.table, arena.bytes, PACKET_ROOM, PEER);
  }

  /** Counts a socket that receives here. */
  attach(): void {
    if (this.#users++ === 0) this.#rest = setInterval(() => this.rest(), LOOK).unref();
    this.#fill();
  }
  /** Counts it off; the last one gives all seats back. */
  detach(): void {
    if (--this.#users > 0) return;
    clearInterval(this.#rest);
    this.#addon.flush(0);
    this.settle();
    for (const query of this.#at) if (query !== undefined) this.#seats.release(query);
    this.#at.length = 0;
    this.table[READY] = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Gives back the memory of seats that a burst needed and nobody needs now, and what compiling has left. */
  rest(): void {
    const { arena } = this.#seats;
    this.#seats.rest((from, length) => this.#addon.forget(arena.bytes, from, length));
    this.#addon.trim();
  }
  #rest: ReturnType<typeof setInterval> | undefined = undefined;

  /** How many positions can receive. */
  get ready(): number {
    return this.table[READY]!;
  }
  /** The query of a position, and how long what it received is. */
  query(position: number): Query {
    return this.#at[position]!;
  }
  length(position: number): number {
    return this.table[LENGTHS + position]!;
  }

  /** Takes back the seats whose replies have left. */
  settle(): void {
    const turn = this.table[TURN]!;
    if (turn === this.#turn) return;
    this.#turn = turn;
    const leaving = this.#leaving;
    if (leaving.length === 0) return;
    for (let i = 0; i < leaving.length; i++) this.#seats.release(leaving[i]!);
    leaving.length = 0;
  }
  /** The seat of this query is free once all outboxes were emptied. */
  leave(query: Query): void {
    this.settle();
    this.#leaving.push(query);
    this.table[WAITING] = 1;
  }

  /** The query of this position is answered later: the position gets another seat, or stays empty until `close`. */
  replace(position: number): void {
    const query = this.#seats.take();
    this.#at[position] = query;
    if (query === undefined) this.#holes = true;
    else this.table[OFFSETS + position] = query.at;
  }
  #holes = false;
  /** After a batch: moves positions without a seat out of use. */
  close(): void {
    if (!this.#holes) return;
    this.#holes = false;
    const kept = this.#at.filter((query) => query !== undefined);
    this.#at.length = 0;
    for (const query of kept) this.#put(query);
    this.#fill();
  }
  #put(query: Query): void {
    this.table[OFFSETS + this.#at.length] = query.at;
    this.table[READY] = this.#at.push(query);
  }
  /** Gives every position a seat, or comes back soon: others have them now. */
  #fill(): void {
    if (this.#at.length === 0) this.table[READY] = 0;
    while (this.#at.length < POSITIONS) {
      const query = this.#seats.take();
      if (query === undefined) break;
      this.#put(query);
    }
    if (this.#at.length < POSITIONS) this.#timer ??= setTimeout(this.#again, HUNGRY);
  }
  readonly #again = (): void => {
    this.#timer = undefined;
    this.#addon.flush(0);
    this.settle();
    this.#fill();
  };
}
