// Seats of one thread's memory, each with room for a question, its key and who asked, and places for replies, which a question has from
// when one is begun until it has left: one that waits takes none. Knows offsets; knows nothing of DNS or sockets.

/** Bytes of a datagram that are read (SRV-2): a longer one is cut here. */
export const PACKET_ROOM = 512;
/** Where in a seat the canonical key lies: after the packet and 16 bytes that word-wise reads may run into. */
const KEY = 528;
/** Bytes that a key may take. */
export const KEY_ROOM = 272;
/** Bytes of what is known of who asked: copied as they are to every query derived from one. */
export const PEER_ROOM = 64;
/** Where in a seat the peer's 64 bytes lie: a `sockaddr`, its length at +28, an `in6_pktinfo` or `in_pktinfo` at +32, its kind at +56. */
export const PEER = KEY + KEY_ROOM;
/** Bytes of a seat: an odd multiple of 64, since seats a power of two apart share cache sets. */
export const SEAT = 960;
/** Bytes that a reply may take in its place, another odd multiple; a longer one gets a buffer of its own. */
export const REPLY_ROOM = 2240;

/** Where replies are made, and where such a place comes from and goes to. Knows offsets alone. */
export interface ReplyPlaces {
  /** The offset of a place of REPLY_ROOM bytes that is now the caller's. */
  takeReply(): number;
  releaseReply(at: number): void;
}
/** Offsets of a query's places in its buffer, and the room for its reply, which is made at `replyAt` or where `replies` says. */
export interface Layout {
  readonly at: number;
  readonly keyAt: number;
  readonly peerAt: number;
  readonly replyAt: number | ReplyPlaces;
  readonly replyRoom: number;
}

/** Numbers from 0 on that are given out and come back, those that came back last first: memory is touched only as far as it must. */
class Pool {
  readonly #capacity: number;
  readonly #free: Int32Array;
  #freeCount = 0;
  /** So many were ever given out at the same time, since `trim` at least. */
  top = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#free = new Int32Array(capacity);
  }

  /** A number, or -1 where all are given out. */
  take(): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]!;
    return this.top < this.#capacity ? this.top++ : -1;
  }
  release(number: number): void {
    this.#free[this.#freeCount++] = number;
  }
  /** How many can still be taken, and how many are given out. */
  get left(): number {
    return this.#freeCount + this.#capacity - this.top;
  }
  get used(): number {
    return this.top - this.#freeCount;
  }
  /** Forgets the free ones above the highest that is given out, but for the first `kept`. The new `top`. */
  trim(kept: number): number {
    const free = new Uint8Array(this.top);
    for (let i = 0; i < this.#freeCount; i++) free[this.#free[i]!] = 1;
    let { top } = this;
    while (top > kept && free[top - 1] === 1) top--;
    this.top = top;
    this.#freeCount = 0;
    for (let number = top - 1; number >= 0; number--) if (free[number] === 1) this.#free[this.#freeCount++] = number;
    return top;
  }
}

/** The seats of one thread. */
export class Arena implements ReplyPlaces {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** How many seats there are. */
  readonly capacity: number;
  readonly #seats: Pool;
  readonly #replies: Pool;
  readonly #repliesAt: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#repliesAt = capacity * SEAT;
    this.bytes = new Uint8Array(capacity * (SEAT + REPLY_ROOM));
    this.words = new Int32Array(this.bytes.buffer);
    this.#seats = new Pool(capacity);
    this.#replies = new Pool(capacity);
  }

  /** Queries that wait for an answer from elsewhere, in seats and beside them. */
  waiting = 0;
  /**
   * Whether another query may wait: a tenth of the seats is kept for what is answered at once, so that an upstream which is silent makes
   * nobody deaf. Whoever would wait while this is false fails with SERVFAIL instead.
   */
  get mayWait(): boolean {
    const reserve = this.capacity / 10;
    return this.waiting < this.capacity - reserve && this.left >= reserve;
  }
  /** How many seats can still be taken, and how many are in use. */
  get left(): number {
    return this.#seats.left;
  }
  get used(): number {
    return this.#seats.used;
  }
  /** How many seats were ever in use at the same time, since `trim` at least: so much of the memory was touched. */
  get top(): number {
    return this.#seats.top;
  }

  /** The number of a seat that is now the caller's, or -1 where all are in use. */
  take(): number {
    return this.#seats.take();
  }
  /** Gives a seat back. */
  release(seat: number): void {
    this.#seats.release(seat);
  }
  /** Where what belongs to a seat lies. */
  layout(seat: number): Layout {
    const at = seat * SEAT;
    return { at, keyAt: at + KEY, peerAt: at + PEER, replyAt: this, replyRoom: REPLY_ROOM };
  }
  /** There are as many as there are seats. */
  takeReply(): number {
    return this.#repliesAt + this.#replies.take() * REPLY_ROOM;
  }
  releaseReply(at: number): void {
    this.#replies.release((at - this.#repliesAt) / REPLY_ROOM);
  }

  /**
   * Forgets what is free above the highest seat, and the highest reply, that is in use, but for the first `kept`. `forget` gets the bytes
   * that are nobody's now. The new `top`.
   */
  trim(kept: number, forget: (from: number, length: number) => void): number {
    const [seats, replies] = [this.#seats.top, this.#replies.top];
    const top = this.#seats.trim(kept);
    if (top < seats) forget(top * SEAT, (seats - top) * SEAT);
    const last = this.#replies.trim(kept);
    if (last < replies) forget(this.#repliesAt + last * REPLY_ROOM, (replies - last) * REPLY_ROOM);
    return top;
  }
}
