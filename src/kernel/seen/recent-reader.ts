// Reads the last questions of all threads, on main: one record after the other, copied before anybody looks at it. Knows where they lie
// (recent.ts); knows nothing of who looks.
import { latin1 } from '../../dns/latin1.ts';
import type { Memory } from '../../store/memory.ts';
import {
  AT, CLIENT, CUT, FRONT, HEAD, KINDS, LENGTHS, NAME, NO_CODE, NO_PART, NUMBER, PART_NAMES, PART_WORDS, QUESTIONS, RECORDS, SAID, SILENCE,
  STREAM, TOOK, TRAIL, WORDS,
} from './recent.ts';
import { placesOf } from './places.ts';

/** One question that is kept. */
export interface RecentQuestion {
  readonly thread: number;
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** 4 or 16 bytes; none where clients are not told. */
  readonly client: Uint8Array;
  /** In wire form; none where names are not told; of a cut one the labels that ended it. */
  readonly name: Uint8Array;
  /** Of a cut one the octets that began it. */
  readonly front: Uint8Array;
  readonly isCut: boolean;
  readonly type: number;
  /** -1 where nothing was said. */
  readonly rcode: number;
  /** Info code of the Extended DNS Error (RFC 8914), or -1. */
  readonly extended: number;
  readonly isStream: boolean;
  /** The plugin that was entered last, and those before it. */
  readonly author: string;
  readonly trail: readonly string[];
  readonly microseconds: number;
}

/** The record that is looked at: the same object for each, so that a filter costs nothing else. */
export class RecentRecord {
  readonly words = new Int32Array(WORDS);
  readonly bytes = new Uint8Array(this.words.buffer);
  readonly #doubles = new Float64Array(this.words.buffer);
  readonly #names: (thread: number, part: number) => string;
  thread = 0;

  constructor(names: (thread: number, part: number) => string) {
    this.#names = names;
  }
  get type(): number {
    return this.words[KINDS]! & 0xffff;
  }
  /** -1 where nothing was said. */
  get rcode(): number {
    const rcode = this.words[KINDS]! >>> 16;
    return rcode === SILENCE ? -1 : rcode;
  }
  get microseconds(): number {
    return this.words[TOOK]!;
  }
  /** Octets of the client's address from `clientAt` of `bytes`. */
  get clientLength(): number {
    return (this.words[LENGTHS]! >> 8) & 255;
  }
  readonly clientAt = CLIENT << 2;
  get isCut(): boolean {
    return (this.words[LENGTHS]! & CUT) !== 0;
  }
  /** Octets of the name from `nameAt` of `bytes`; of a cut one the labels that ended it. */
  get nameLength(): number {
    return this.words[LENGTHS]! & 255;
  }
  get nameAt(): number {
    return (NAME << 2) + (this.isCut ? FRONT : 0);
  }
  /** The plugin that was entered last. */
  get author(): string {
    return this.#names(this.thread, (this.words[SAID]! >> 16) & 255);
  }
  /** All that it says, for longer than the next record. */
  get question(): RecentQuestion {
    const { bytes, words, thread, clientAt, clientLength, nameAt, nameLength, isCut } = this;
    const hops = (words[LENGTHS]! >> 16) & 255;
    const extended = words[SAID]! & 0xffff;
    return {
      thread, number: words[NUMBER]! >>> 0, at: this.#doubles[AT >> 1]!, client: bytes.slice(clientAt, clientAt + clientLength),
      name: bytes.slice(nameAt, nameAt + nameLength), front: isCut ? bytes.slice(NAME << 2, (NAME << 2) + FRONT) : bytes.slice(0, 0), isCut,
      type: this.type, rcode: this.rcode, extended: extended === NO_CODE ? -1 : extended, isStream: (words[LENGTHS]! & STREAM) !== 0,
      author: this.author, trail: Array.from(bytes.subarray(TRAIL << 2, (TRAIL << 2) + hops), (part) => this.#names(thread, part)),
      microseconds: this.microseconds,
    };
  }
}

/** Reads those of all threads. */
export class RecentReader {
  readonly #memory: Memory;
  readonly #places = new Map<number, number>();
  readonly #names = new Map<number, string>();
  readonly #record = new RecentRecord((thread, part) => this.#nameOf(thread, part));

  constructor(memory: Memory) {
    this.#memory = memory;
  }
  /** How many each thread has written, by its number, modulo 2^32; threads that wrote none are not there. */
  get written(): ReadonlyMap<number, number> {
    const places = placesOf(this.#memory, QUESTIONS);
    const words = this.#memory.refresh();
    return new Map([...places].map(([thread, place]) => {
      this.#places.set(thread, place);
      return [thread, Atomics.load(words, place) >>> 0];
    }));
  }
  /**
   * Calls for each of a thread behind number `from` up to number `until`, the oldest first, as far as they are still there. Says how many
   * were not. Threads are those of `written`.
   */
  each(thread: number, from: number, until: number, call: (record: RecentRecord) => void): number {
    const words = this.#memory.refresh();
    const place = this.#places.get(thread);
    const wanted = (until - from) >>> 0;
    if (place === undefined || wanted > 0x7fffffff) return 0;
    const count = Math.min(wanted, RECORDS);
    let lost = wanted - count;
    const record = this.#record;
    for (let number = (until - count + 1) | 0, left = count; left > 0; number = (number + 1) | 0, left--) {
      const at = place + HEAD + (number & (RECORDS - 1)) * WORDS;
      const isThere = Atomics.load(words, at + NUMBER) === number;
      if (isThere) for (let i = 0; i < WORDS; i++) record.words[i] = words[at + i]!;
      // Whoever wrote meanwhile has marked it first.
      if (!isThere || Atomics.load(words, at + NUMBER) !== number) {
        lost++;
        continue;
      }
      record.thread = thread;
      call(record);
    }
    return lost;
  }
  #nameOf(thread: number, part: number): string {
    if (part === NO_PART) return '';
    const key = (thread << 8) | part;
    let name = this.#names.get(key);
    if (name === undefined) {
      const words = this.#memory.refresh();
      const at = (placesOf(this.#memory, PART_NAMES).get(thread)! + part * PART_WORDS) << 2;
      const bytes = new Uint8Array(words.buffer);
      name = latin1(bytes, at + 1, at + 1 + bytes[at]!);
      this.#names.set(key, name);
    }
    return name;
  }
}
