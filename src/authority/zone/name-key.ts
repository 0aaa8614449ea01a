// The key of a name in a zone: its labels below the zone from the right, folded, each ended by 0, so that the order of bytes is the order
// of names (RFC 4034 section 6.1) and an ancestor is a beginning. Knows labels as bytes; knows no zone.
//
// A label may hold 0: that is written 1 1, and 1 is written 1 2, which keeps the order and leaves 0 to end labels.
import type { Hash } from '../../store/hash.ts';
import { MOST_LABELS } from '../../kernel/site/zones.ts';

/** Bytes of the longest key. */
export const LONGEST_KEY = 512;
const STAR = 42;
const FOLDED = new Uint8Array(256).map((_, byte) => (byte >= 65 && byte <= 90 ? byte | 32 : byte));

/** Writes one label's part of a key at `to`: its bytes are at `at`, behind the length. Says where the next part goes. */
export function writeLabel(key: Uint8Array, to: number, bytes: Uint8Array, at: number): number {
  const end = at + 1 + bytes[at]!;
  for (let i = at + 1; i < end; i++) {
    const byte = FOLDED[bytes[i]!]!;
    if (byte <= 1) {
      key[to++] = 1;
      key[to++] = byte + 1;
    } else key[to++] = byte;
  }
  key[to++] = 0;
  return to;
}

/** Writes the labels of a key as wire bytes, leftmost first, without what is behind them; says how many bytes. */
export function writeWire(key: Uint8Array, at: number, length: number, wire: Uint8Array, to: number): number {
  let out = to;
  for (let end = at + length; end > at;) {
    let from = end - 1;
    while (from > at && key[from - 1] !== 0) from--;
    const size = out++;
    for (let i = from; i < end - 1; i++) wire[out++] = key[i] === 1 ? key[++i]! - 1 : key[i]!;
    wire[size] = out - size - 1;
    end = from;
  }
  return out - to;
}

/** One key, filled again and again, with the places where its labels end and the hashes of these beginnings. */
export class NameKey {
  readonly bytes = new Uint8Array(LONGEST_KEY);
  /** Of the first `n` labels from the right: bytes of the key, and their hash once `hash` made it. */
  readonly ends = new Int32Array(MOST_LABELS + 2);
  readonly hashes = new Int32Array(MOST_LABELS + 2);
  labels = 0;

  /** Bytes of the key. */
  get length(): number {
    return this.ends[this.labels]!;
  }
  /** The key of labels that begin at `starts[first]` to `starts[end - 1]` of `bytes`, leftmost first. */
  read(bytes: Uint8Array, starts: Int32Array, first: number, end: number): this {
    let to = 0;
    let labels = 0;
    for (let label = end - 1; label >= first; label--) {
      to = writeLabel(this.bytes, to, bytes, starts[label]!);
      this.ends[++labels] = to;
    }
    this.labels = labels;
    return this;
  }
  /** Keeps so many labels, and puts `*` behind them. */
  star(labels: number): this {
    const to = this.ends[labels]!;
    this.bytes[to] = STAR;
    this.bytes[to + 1] = 0;
    this.ends[labels + 1] = to + 2;
    this.labels = labels + 1;
    return this;
  }
  /** Makes the hashes of all beginnings, of those of fewer than `from` labels none. */
  hash(hash: Hash, from = 0): this {
    hash.ofBeginnings(this.bytes, this.ends, from, this.labels, this.hashes);
    return this;
  }
}
