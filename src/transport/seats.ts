// The query objects of an arena's seats: one for each seat, made when it is first used. Knows no sockets.
import type { Arena } from '../kernel/query/arena.ts';
import { Query } from '../kernel/query/query.ts';

/** Seats whose memory is kept however little there is to do. */
const KEPT = 256;

/** Hands out queries with room for a packet of 512 bytes, and takes them back. */
export class Seats {
  readonly arena: Arena;
  readonly #queries: (Query | undefined)[] = [];
  static readonly #of = new WeakMap<Arena, Seats>();

  private constructor(arena: Arena) {
    this.arena = arena;
  }

  /** The one of this arena: every socket of a thread shares it. */
  static of(arena: Arena): Seats {
    let seats = Seats.#of.get(arena);
    if (seats === undefined) Seats.#of.set(arena, (seats = new Seats(arena)));
    return seats;
  }

  /** A query whose seat is the caller's until `release`; undefined where all are in use. */
  take(): Query | undefined {
    const seat = this.arena.take();
    if (seat < 0) return undefined;
    let query = this.#queries[seat];
    if (query === undefined) {
      query = new Query(this.arena.bytes, this.arena.words, this.arena.layout(seat), seat);
      this.#queries[seat] = query;
    }
    return query;
  }

  /**
   * Called now and then: where far fewer seats are in use than once were, twice in a row, `forget` gets the bytes of the others, which
   * nobody will miss.
   */
  rest(forget: (from: number, length: number) => void): void {
    const before = this.arena.top;
    const idle = before > KEPT && this.arena.used < before / 4;
    if (idle && this.#idle) {
      const top = this.arena.trim(KEPT, forget);
      this.#queries.length = Math.min(this.#queries.length, top);
    }
    this.#idle = idle;
  }
  #idle = false;

  /** Takes a query back; one that has a buffer of its own needs nothing. */
  release(query: Query): void {
    if (query.seat < 0) return;
    query.leaveReply();
    this.arena.release(query.seat);
  }
}
