// Seats of one thread's memory, each with room for a question, its key, who asked and the reply. Knows offsets; knows
// nothing of DNS or sockets.

/** Bytes of a datagram that are read (SRV-2): a longer one is cut here. */
export const PACKET_ROOM = 512;
/** Where in a seat the canonical key lies: after the packet and 16 bytes that word-wise reads may run into. */
export const KEY = 528;
/** Bytes that a key may take. */
export const KEY_ROOM = 272;
/** Bytes of what is known of who asked: copied as they are to every query derived from one. */
export const PEER_ROOM = 64;
/** Where in a seat the peer's 64 bytes lie: a `sockaddr`, its length at +28, an `in6_pktinfo` or `in_pktinfo` at +32, its kind at +56. */
export const PEER = KEY + KEY_ROOM;
/** Where in a seat the reply is made. */
export const REPLY = PEER + PEER_ROOM;
/** Bytes of a seat: an odd multiple of 64, since seats a power of two apart share cache sets. */
export const SEAT = 3008;
/** Bytes that a reply may take in its seat; a longer one gets a buffer of its own. */
export const REPLY_ROOM = SEAT - REPLY;

/** Offsets of a query's places in its buffer, and the room for its reply. */
export interface Layout {
  readonly at: number;
  readonly keyAt: number;
  readonly peerAt: number;
  readonly replyAt: number;
  readonly replyRoom: number;
}

/** The seats of one thread. Memory is touched only as far as seats were ever in use at the same time. */
export class Arena {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** How many seats there are. */
  readonly capacity: number;
  readonly #free: Int32Array;
  #freeCount = 0;
  #top = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.bytes = new Uint8Array(capacity * SEAT);
    this.words = new Int32Array(this.bytes.buffer);
    this.#free = new Int32Array(capacity);
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
  /** How many seats can still be taken. */
  get left(): number {
    return this.#freeCount + this.capacity - this.#top;
  }

  /** The number of a seat that is now the caller's, or -1 where all are in use. The offset is the number times SEAT. */
  take(): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]!;
    return this.#top < this.capacity ? this.#top++ : -1;
  }

  /** Gives a seat back. */
  release(seat: number): void {
    this.#free[this.#freeCount++] = seat;
  }

  /** How many seats were ever in use at the same time, since `trim` at least: so much of the memory was touched. */
  get top(): number {
    return this.#top;
  }
  /** How many seats are in use. */
  get used(): number {
    return this.#top - this.#freeCount;
  }
  /** Forgets the free seats above the highest one that is in use, but for the first `kept`: their memory is nobody's. The new `top`. */
  trim(kept: number): number {
    const free = new Uint8Array(this.#top);
    for (let i = 0; i < this.#freeCount; i++) free[this.#free[i]!] = 1;
    let top = this.#top;
    while (top > kept && free[top - 1] === 1) top--;
    this.#top = top;
    this.#freeCount = 0;
    for (let seat = top - 1; seat >= 0; seat--) if (free[seat] === 1) this.#free[this.#freeCount++] = seat;
    return top;
  }
}
