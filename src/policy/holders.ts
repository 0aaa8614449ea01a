// Who has an account of a limit: the keyed hash of a client's network, and of a question or a zone beside it. Knows queries and the store's
// hash; knows no rates.
import { printAddress } from '../dns/address.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Hash } from '../store/hash.ts';

/** Words of what is hashed: which block and kind, the network, a name of 255 octets. */
const ROOM = 2 + 4 + 64;

/** Bits of the networks that have an account in common. */
export interface Prefixes {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** The first bits of each word of an address. */
function masksOf(bits: number): readonly number[] {
  return [0, 32, 64, 96].filter((from) => from < bits).map((from) => (bits - from >= 32 ? -1 : ~(0xffffffff >>> (bits - from)) | 0));
}

/** Hashes of one block's accounts. One object serves all queries of a thread. */
export class Holders {
  readonly #hash: Hash;
  readonly #block: number;
  readonly #ipv4: readonly number[];
  readonly #ipv6: readonly number[];
  readonly #prefixes: Prefixes;
  readonly #words = new Int32Array(ROOM);

  constructor(hash: Hash, block: number, prefixes: Prefixes) {
    this.#hash = hash;
    this.#block = block;
    this.#prefixes = prefixes;
    this.#ipv4 = masksOf(prefixes.ipv4);
    this.#ipv6 = masksOf(prefixes.ipv6);
  }

  /** Begins what is hashed: how many words there are. */
  #client(query: Query, kind: number): number {
    const { bytes, clientAt, clientLength } = query;
    const masks = clientLength === 4 ? this.#ipv4 : this.#ipv6;
    const words = this.#words;
    words[0] = this.#block;
    words[1] = (kind << 1) | (clientLength === 4 ? 0 : 1);
    for (let i = 0, at = clientAt; i < masks.length; i++, at += 4) {
      words[i + 2] = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) & masks[i]!;
    }
    return masks.length + 2;
  }
  /** The account of a client, whatever it asks. */
  ofClient(query: Query, kind: number): number {
    return this.#hash.of(this.#words, 0, this.#client(query, kind));
  }
  /** That of a client and one question. */
  ofQuestion(query: Query, kind: number): number {
    const count = this.#client(query, kind);
    this.#words[count] = query.key.hashBy(this.#hash);
    return this.#hash.of(this.#words, 0, count + 1);
  }
  /** That of a client and the last `length` octets of the name that is asked for: made-up names of one zone have one account. */
  ofEnding(query: Query, kind: number, length: number): number {
    let count = this.#client(query, kind);
    const { bytes, keyAt, nameLength: whole } = query;
    void query.key;
    for (let at = keyAt + Math.max(0, whole - length), end = keyAt + whole; at < end; count++) {
      let word = bytes[at++]!;
      for (let shift = 8; shift < 32 && at < end; shift += 8) word |= bytes[at++]! << shift;
      this.#words[count] = word;
    }
    return this.#hash.of(this.#words, 0, count);
  }
  /** The network of a client as text, for people. */
  network(query: Query): string {
    const { bytes, clientAt, clientLength } = query;
    const address = bytes.slice(clientAt, clientAt + clientLength);
    const bits = clientLength === 4 ? this.#prefixes.ipv4 : this.#prefixes.ipv6;
    for (let i = 0; i < address.length; i++) address[i]! &= 0xff << Math.max(0, Math.min(8, 8 * (i + 1) - bits));
    return `${printAddress(address)}/${bits}`;
  }
}
