// All that is kept of each question for whoever looks what is going on, in one call: its record, the tops, how many are different, how
// long it took. Knows words and numbers; knows nothing of queries.
import { maskAddress } from '../../dns/address.ts';
import type { Hash } from '../../store/hash.ts';
import type { Memory } from '../../store/memory.ts';
import { SMALL_BITS, WHOLE_BITS, note } from './distinct.ts';
import { LatencyWriter } from './latency.ts';
import { ownPlace } from './places.ts';
import { RecentWriter } from './recent.ts';
import type { SeenOutcome, SeenQuestion } from './recent.ts';
import { TopWriter } from './top.ts';
import type { TopForm } from './top.ts';

/** Words of a name in a top: its octets, and those labels of a long one that have room at its end. */
const NAME_ROOM = 19, NAME_MOST = (NAME_ROOM - 1) * 4;
/** What is counted of names, of the names above them, of names that fail, of clients, and of what fails upstream. */
export const TOPS = {
  names: { name: 'top names', setBits: 7, room: NAME_ROOM }, under: { name: 'top under', setBits: 7, room: NAME_ROOM },
  failing: { name: 'top failing', setBits: 7, room: NAME_ROOM }, clients: { name: 'top clients', setBits: 7, room: 5 },
  upstreams: { name: 'top upstreams', setBits: 4, room: 33 },
} as const satisfies { readonly [what: string]: TopForm };
/** Names above of which it is known how many different ones they have. */
export const WIDE: TopForm = { name: 'wide', setBits: 3, room: NAME_ROOM };
const WIDE_FROM = 8;
/** Where registers lie, in bytes of a place: of names, of clients, and of each name above; and how many these are; twice, by minute. */
export const DISTINCT = 'distinct', CLIENT_REGISTERS = 1 << WHOLE_BITS, WIDE_REGISTERS = 2 << WHOLE_BITS,
  DISTINCT_BYTES = (2 << WHOLE_BITS) + (64 << SMALL_BITS);
/**
 * Hashes that were made before, of a thread: of clients by their addresses; of a name and the one above it, by the hash of the question's
 * key; of a name above by how many octets it has and its words. How many of each as a power of two, and where they lie.
 */
const HASHES = 'hashes seen', KEPT_CLIENTS = 9, KEPT_NAMES = 12, KEPT_ABOVE = 6, ABOVE_ROOM = 16;
const NAMES_AT = 2 << KEPT_CLIENTS, ABOVE_AT = NAMES_AT + (3 << KEPT_NAMES), KEPT_WORDS = ABOVE_AT + (ABOVE_ROOM << KEPT_ABOVE);
/** Set in the length of a name that was cut. */
export const NAME_CUT = 1 << 8;

/** Octets of an address that are written: all, none, or the network alone. */
export interface Privacy {
  readonly names: boolean;
  readonly clients: 'show' | 'hide' | { readonly v4: number; readonly v6: number };
}

/** Writes for one thread and one block. */
export class Seen {
  readonly #recent: RecentWriter;
  readonly #latency: LatencyWriter;
  readonly #tops: { readonly [top in 'names' | 'under' | 'failing' | 'clients' | 'upstreams' | 'wide']: TopWriter };
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #hash: Hash;
  readonly #place: number;
  readonly #privacy: Privacy;
  /** The name above, and the client, as words of their own. */
  readonly #scratch = new Int32Array(72);
  /** Where hashes are kept that were made before, by all blocks of the thread. */
  readonly #kept: number;
  #registers = 0;
  #minute = 0;

  /** Throws RangeError where the shared memory is full. */
  constructor(memory: Memory, thread: number, nameOf: (part: number) => string, privacy: Privacy) {
    const top = (form: TopForm): TopWriter => new TopWriter(memory, form, thread);
    this.#recent = new RecentWriter(memory, thread, nameOf);
    this.#latency = new LatencyWriter(memory, thread);
    this.#tops = {
      names: top(TOPS.names), under: top(TOPS.under), failing: top(TOPS.failing), clients: top(TOPS.clients),
      upstreams: top(TOPS.upstreams), wide: top(WIDE),
    };
    this.#place = ownPlace(memory, DISTINCT, thread, 2 + (DISTINCT_BYTES >> 1));
    this.#kept = ownPlace(memory, HASHES, thread, KEPT_WORDS);
    this.#hash = memory.hash;
    this.#words = memory.refresh();
    this.#bytes = new Uint8Array(this.#words.buffer);
    this.#privacy = privacy;
  }

  /**
   * One question: `client` is a word of its own words, `kind` who answered (`KINDS`), `fails` what went wrong upstream, '' nothing.
   * `hashed` is the hash of its key, where somebody has made it; else 0.
   */
  see(question: SeenQuestion, outcome: SeenOutcome, client: number, clientLength: number, kind: number, isFailing: boolean,
    fails: string, hashed = 0): void {
    const minute = (outcome.at / 60_000) | 0;
    if (minute !== this.#minute) this.#turn(minute);
    this.#latency.count(kind, outcome.microseconds);
    const { names, clients } = this.#privacy;
    const shown = clients === 'show' ? clientLength : clients === 'hide' ? 0 : this.#mask(question.words, client, clientLength, clients);
    const words = shown > 0 && clients !== 'show' ? this.#scratch : question.words;
    const at = words === this.#scratch ? CLIENT_SCRATCH : client;
    this.#recent.write(question, outcome, words, at, shown, names);
    if (shown > 0) this.#client(words, at, shown);
    if (names) this.#name(question, isFailing, hashed);
    if (fails !== '') this.#fails(fails);
  }
  #turn(minute: number): void {
    this.#minute = minute;
    for (const top of Object.values(this.#tops)) top.turn(minute);
    this.#registers = ((this.#place + 2) << 2) + (minute & 1) * DISTINCT_BYTES;
    const cell = this.#place + (minute & 1);
    if (this.#words[cell] === minute) return;
    this.#bytes.fill(0, this.#registers, this.#registers + DISTINCT_BYTES);
    Atomics.store(this.#words, cell, minute);
  }
  #client(words: Int32Array, at: number, length: number): void {
    const hash = length === 4 ? this.#hashOf(words[at]!) : this.#hash.of(words, at, length >> 2);
    note(this.#bytes, this.#registers + CLIENT_REGISTERS, WHOLE_BITS, hash);
    const to = this.#tops.clients.count(hash);
    if (to === 0) return;
    this.#words[to] = length;
    for (let i = 0; i < length >> 2; i++) this.#words[to + 1 + i] = words[at + i]!;
  }
  /** The hash of one word: those of addresses that come again and again are kept. */
  #hashOf(word: number): number {
    const kept = this.#words;
    const at = this.#kept + ((Math.imul(word, 0x9e3779b1) >>> (32 - KEPT_CLIENTS)) << 1);
    if (kept[at] === word && kept[at + 1] !== 0) return kept[at + 1]!;
    kept[at] = word;
    return (kept[at + 1] = this.#hash.of(kept, at, 1));
  }
  #name({ words, keyAt, nameLength }: SeenQuestion, isFailing: boolean, hashed: number): void {
    const { names, failing, under, wide } = this.#tops;
    const key = keyAt >> 2;
    const first = words[key]! & 255;
    const length = nameLength - first - 1;
    // The hashes of a name and of the one above it are kept under that of its key, or under its own: both as good as nobody can guess them.
    const kept = this.#words;
    const known = hashed !== 0 ? hashed : this.#hash.of(words, key, (nameLength + 3) >> 2);
    const slot = this.#kept + NAMES_AT + (known >>> (32 - KEPT_NAMES)) * 3;
    if (kept[slot] !== known) {
      kept[slot + 1] = hashed === 0 ? known : this.#hash.of(words, key, (nameLength + 3) >> 2);
      if (first !== 0) kept[slot + 2] = this.#above(words, key, first + 1, length);
      kept[slot] = known;
    }
    const hash = kept[slot + 1]!;
    note(this.#bytes, this.#registers, WHOLE_BITS, hash);
    const to = names.count(hash);
    if (to !== 0) this.#write(to, words, key, nameLength);
    if (isFailing) {
      const there = failing.count(hash);
      if (there !== 0) this.#write(there, words, key, nameLength);
    }
    if (first === 0) return;
    const above = kept[slot + 2]!;
    const place = under.count(above);
    if (place !== 0) this.#writeAbove(place, words, key, first + 1, length);
    // Of what is seldom asked nobody wants to know how wide it is.
    if (under.last < WIDE_FROM) return;
    const wider = wide.count(above);
    const registers = this.#registers + WIDE_REGISTERS + (wide.index << SMALL_BITS);
    if (wider !== 0) {
      this.#bytes.fill(0, registers, registers + (1 << SMALL_BITS));
      this.#writeAbove(wider, words, key, first + 1, length);
    }
    note(this.#bytes, registers, SMALL_BITS, hash);
  }
  /** The hash of a name without its first label: of those that come again and again it is kept, under what they begin and end with. */
  #above(words: Int32Array, key: number, skip: number, length: number): number {
    const scratch = this.#scratch, kept = this.#words;
    this.#shift(words, key, skip, length);
    const count = (length + 3) >> 2;
    if (count > ABOVE_ROOM - 2) return this.#hash.of(scratch, 0, count);
    const mixed = Math.imul(scratch[0]! ^ Math.imul(scratch[count - 2 > 0 ? count - 2 : 0]! ^ length, 0x85ebca6b), 0x9e3779b1);
    const at = this.#kept + ABOVE_AT + (mixed >>> (32 - KEPT_ABOVE)) * ABOVE_ROOM;
    let i = 0;
    if (kept[at] === length) while (i < count && kept[at + 2 + i] === scratch[i]) i++;
    if (i === count && kept[at] === length) return kept[at + 1]!;
    kept[at] = length;
    for (i = 0; i < count; i++) kept[at + 2 + i] = scratch[i]!;
    return (kept[at + 1] = this.#hash.of(scratch, 0, count));
  }
  #writeAbove(to: number, words: Int32Array, key: number, skip: number, length: number): void {
    this.#shift(words, key, skip, length);
    this.#write(to, this.#scratch, 0, length);
  }
  /** The octets behind the first `skip` ones, as words of their own with 0 behind them. */
  #shift(words: Int32Array, key: number, skip: number, length: number): void {
    const from = key + (skip >> 2), bits = (skip & 3) * 8, count = (length + 3) >> 2;
    const scratch = this.#scratch;
    if (bits === 0) for (let i = 0; i < count; i++) scratch[i] = words[from + i]!;
    else for (let i = 0; i < count; i++) scratch[i] = (words[from + i]! >>> bits) | (words[from + i + 1]! << (32 - bits));
    const rest = length & 3;
    if (rest !== 0) scratch[count - 1] = scratch[count - 1]! & ((1 << (rest * 8)) - 1);
  }
  #write(to: number, words: Int32Array, key: number, length: number): void {
    if (length > NAME_MOST) return this.#writeEnd(to, words, key, length);
    const count = (length + 3) >> 2;
    this.#words[to] = length;
    for (let i = 0; i < count; i++) this.#words[to + 1 + i] = words[key + i]!;
  }
  /** Of a long name the labels at the end. */
  #writeEnd(to: number, words: Int32Array, key: number, length: number): void {
    const name = new Uint8Array(words.buffer, words.byteOffset + (key << 2), length);
    let cut = 0;
    while (length - cut > NAME_MOST) cut += name[cut]! + 1;
    this.#words[to] = (length - cut) | NAME_CUT;
    this.#words[to + 1 + ((length - cut) >> 2)] = 0;
    this.#bytes.set(name.subarray(cut), (to + 1) << 2);
  }
  #fails(text: string): void {
    const cut = text.slice(0, (TOPS.upstreams.room - 1) * 4);
    const bytes = new Uint8Array(TOPS.upstreams.room * 4);
    const words = new Int32Array(bytes.buffer);
    const { written } = new TextEncoder().encodeInto(cut, bytes.subarray(4));
    words[0] = written;
    const to = this.#tops.upstreams.count(this.#hash.of(words, 0, words.length));
    if (to !== 0) this.#words.set(words, to);
  }
  /** The network of a client, in the scratch; says how many octets its address has. */
  #mask(words: Int32Array, at: number, length: number, { v4, v6 }: { readonly v4: number; readonly v6: number }): number {
    const address = new Uint8Array(words.buffer, words.byteOffset + (at << 2), length);
    new Uint8Array(this.#scratch.buffer, CLIENT_SCRATCH << 2, length).set(maskAddress(address, length === 4 ? v4 : v6));
    return length;
  }
}
/** Where a masked client stands in the scratch. */
const CLIENT_SCRATCH = 66;
