// The query objects of an arena's slots: one for each slot, made when it is first used. Knows where in a slot what lies; knows no
// sockets.
import { KEY, PEER, REPLY, REPLY_ROOM, SLOT } from '../kernel/query/arena.ts';
import type { Arena } from '../kernel/query/arena.ts';
import { Query } from '../kernel/query/query.ts';

/** Slots whose memory is kept however little there is to do. */
const KEPT = 256;

/** Hands out queries with room for a packet of 512 bytes, and takes them back. */
export class Slots {
  readonly arena: Arena;
  readonly #queries: (Query | undefined)[] = [];
  static readonly #of = new WeakMap<Arena, Slots>();

  private constructor(arena: Arena) {
    this.arena = arena;
  }

  /** The one of this arena: every socket of a thread shares it. */
  static of(arena: Arena): Slots {
    let slots = Slots.#of.get(arena);
    if (slots === undefined) Slots.#of.set(arena, (slots = new Slots(arena)));
    return slots;
  }

  /** A query whose slot is the caller's until `release`; undefined where all are in use. */
  take(): Query | undefined {
    const slot = this.arena.take();
    if (slot < 0) return undefined;
    let query = this.#queries[slot];
    if (query === undefined) {
      const at = slot * SLOT;
      const layout = { at, keyAt: at + KEY, peerAt: at + PEER, replyAt: at + REPLY, replyRoom: REPLY_ROOM };
      query = new Query(this.arena.bytes, this.arena.words, layout, slot);
      this.#queries[slot] = query;
    }
    return query;
  }

  /**
   * Called now and then: where far fewer slots are in use than once were, twice in a row, `forget` gets the bytes of the others, which
   * nobody will miss.
   */
  rest(forget: (from: number, length: number) => void): void {
    const before = this.arena.top;
    const idle = before > KEPT && this.arena.used < before / 4;
    if (idle && this.#idle) {
      const top = this.arena.trim(KEPT);
      this.#queries.length = Math.min(this.#queries.length, top);
      if (top < before) forget(top * SLOT, (before - top) * SLOT);
    }
    this.#idle = idle;
  }
  #idle = false;

  /** Takes a query back; one that has a buffer of its own needs nothing. */
  release(query: Query): void {
    if (query.slot >= 0) this.arena.release(query.slot);
  }
}
