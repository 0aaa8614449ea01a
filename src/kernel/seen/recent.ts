// The last questions of each thread, for whoever looks what is going on: a thread writes a record, main reads them (recent-reader.ts).
// Knows words and numbers; knows nothing of queries or of who looks.
import { writeLatin1 } from '../../dns/latin1.ts';
import type { Memory } from '../../store/memory.ts';
import { ownPlace } from './places.ts';

/** Records of a thread, and words of one: a power of two. */
export const RECORDS = 4096, WORDS = 32;
/**
 * Words of a record: its number, of which every bit is the other one while it is being written, so that a reader that is lapped finds
 * another; type and rcode; microseconds; lengths and marks; the info code of the Extended DNS Error and the part that was entered last;
 * milliseconds since 1970 as a double; the client; the parts that were entered last, a byte each; the name.
 */
export const NUMBER = 0, KINDS = 1, TOOK = 2, LENGTHS = 3, SAID = 4, AT = 6, CLIENT = 8, TRAIL = 12, NAME = 14;
/** Bytes of the trail and of the name; octets at the beginning of a longer name that are kept beside the labels at its end. */
export const TRAIL_ROOM = 8, NAME_ROOM = 72, FRONT = 20;
/** Marks in the word of lengths. */
export const STREAM = 1 << 24, CUT = 1 << 25;
/** Words before the records: how many were written. */
export const HEAD = 32;
/** What stands for an rcode where nothing was said, for an info code where there is none, and for a part without a number of its own. */
export const SILENCE = 0xffff, NO_CODE = 0xffff, NO_PART = 0xff;
/** Parts whose names are told, and words of such a name: a byte of length and its octets. */
export const PARTS = 255, PART_WORDS = 8;

/** A question as its record needs it: what `Query` has. The name is folded, with octets of 0 behind it to the end of its word. */
export interface SeenQuestion {
  readonly words: Int32Array;
  readonly keyAt: number;
  readonly nameLength: number;
  readonly type: number;
}
/** The parts that it was handed to, by numbers that belong to the thread. */
export interface SeenTrail {
  /** The last one; -1 where there was none. */
  readonly lastHop: number;
  /** Writes the last ones, a byte each, and says how many these are. */
  tail(to: Uint8Array, at: number, room: number): number;
}
/** What became of it. */
export interface SeenOutcome {
  /** -1 where nothing was said. */
  readonly rcode: number;
  /** Its info code, or -1. */
  readonly extended: number;
  readonly trail: SeenTrail;
  readonly isStream: boolean;
  readonly microseconds: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Under which names the records of a thread lie, and the names of its parts. */
export const QUESTIONS = 'recent questions', PART_NAMES = 'recent parts';

/** Writes those of one thread. */
export class RecentWriter {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #parts: number;
  readonly #nameOf: (part: number) => string;
  /** How many parts' names were told. */
  #named = 0;

  /** Throws RangeError where the shared memory is full. `nameOf` gives the names of the thread's parts. */
  constructor(memory: Memory, thread: number, nameOf: (part: number) => string) {
    this.#nameOf = nameOf;
    this.#parts = ownPlace(memory, PART_NAMES, thread, PARTS * PART_WORDS);
    this.#at = ownPlace(memory, QUESTIONS, thread, HEAD + RECORDS * WORDS);
    const words = memory.refresh();
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer);
    this.#doubles = new Float64Array(words.buffer, 0, words.buffer.byteLength >> 3);
  }

  /** One more. The client's address is `clientLength` octets in words from `client` of `clients`; 0 are not told. */
  write(seen: SeenQuestion, outcome: SeenOutcome, clients: Int32Array, client: number, clientLength: number, isNamed: boolean): void {
    const { rcode, extended, trail, isStream, microseconds, at: now } = outcome;
    const words = this.#words;
    // Each block has a writer, and they share the thread's records.
    const number = (words[this.#at]! + 1) | 0;
    const at = this.#at + HEAD + (number & (RECORDS - 1)) * WORDS;
    words[at + NUMBER] = ~number;
    const { words: from, nameLength } = seen;
    const part = trail.lastHop;
    if (part >= this.#named) this.#name(part);
    words[at + KINDS] = seen.type | ((rcode & SILENCE) << 16);
    words[at + TOOK] = microseconds > 0x7fffffff ? 0x7fffffff : microseconds;
    words[at + SAID] = (extended & NO_CODE) | ((part < 0 || part >= PARTS ? NO_PART : part) << 16);
    this.#doubles[(at + AT) >> 1] = now;
    for (let i = 0; i < clientLength >> 2; i++) words[at + CLIENT + i] = clients[client + i]!;
    const hops = trail.tail(this.#bytes, (at + TRAIL) << 2, TRAIL_ROOM);
    let marks = (clientLength << 8) | (hops << 16) | (isStream ? STREAM : 0);
    if (!isNamed) marks |= 0;
    else if (nameLength > NAME_ROOM) marks |= CUT | this.#ends(seen, at);
    else {
      marks |= nameLength;
      for (let i = 0, end = (nameLength + 3) >> 2, key = seen.keyAt >> 2; i < end; i++) words[at + NAME + i] = from[key + i]!;
    }
    words[at + LENGTHS] = marks;
    Atomics.store(words, at + NUMBER, number);
    Atomics.store(words, this.#at, number);
  }
  /** Keeps both ends of a name: some octets, and the labels at the end that have room. Says how many octets those are. */
  #ends({ words, keyAt, nameLength }: SeenQuestion, at: number): number {
    const name = new Uint8Array(words.buffer, words.byteOffset + keyAt, nameLength);
    let cut = 0;
    while (nameLength - cut > NAME_ROOM - FRONT) cut += name[cut]! + 1;
    const to = (at + NAME) << 2;
    for (let i = 0; i < FRONT; i++) this.#bytes[to + i] = name[i]!;
    for (let i = cut; i < nameLength; i++) this.#bytes[to + FRONT + i - cut] = name[i]!;
    return nameLength - cut;
  }
  /** Parts are told by numbers, whose names stand once for each thread. */
  #name(last: number): void {
    for (; this.#named <= last && this.#named < PARTS; this.#named++) {
      const to = (this.#parts + this.#named * PART_WORDS) << 2;
      const name = this.#nameOf(this.#named).slice(0, PART_WORDS * 4 - 1);
      writeLatin1(name, this.#bytes, to + 1);
      this.#bytes[to] = name.length;
    }
  }
}
