// What the API sends in binary form, found in its bytes while they come: frames of a watch, items of a list. Knows lengths and the
// envelope around an object; knows nothing of the objects.
import { ApiError } from './api-error.ts';
import { findBytes } from './protobuf.ts';

/** How the type of such content begins. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** What stands before each envelope. */
const MAGIC = Buffer.from('k8s\0', 'latin1');
/** Fields of an envelope (`runtime.Unknown`) and of a list. */
const RAW = 2, METADATA = 1, ITEMS = 2;
/** Bytes of one object. */
const MOST = 1 << 25;
/** Bytes of a tag and a length. */
const HEAD = 15;
const NOTHING = Buffer.alloc(0);
/** Is given a message: valid until it returns. */
export type Take = (bytes: Buffer, from: number, to: number) => void;

/** Where the object lies in an envelope, or in what has none. Throws ApiError `protocol`. */
export const unwrapped = (bytes: Buffer, from: number, to: number): ReturnType<typeof findBytes> =>
  (to - from >= MAGIC.length && isMagic(bytes, from) ? findBytes(bytes, from + MAGIC.length, to, RAW) : { from, to });
function isMagic(bytes: Buffer, at: number): boolean {
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false;
  return true;
}

/** Frames of a watch: four bytes of length, the most significant first, before each. */
export class FrameSplitter {
  readonly #take: Take;
  #held: Buffer = NOTHING;

  constructor(take: Take) {
    this.#take = take;
  }
  /** Throws ApiError `protocol` where a frame is too long, and what the taker throws. */
  feed(piece: Buffer): void {
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    this.#held = NOTHING;
    let at = 0;
    while (at + 4 <= bytes.length) {
      const size = bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
      if (size > MOST) throw new ApiError('protocol', 'a frame of the watch is too long');
      if (at + 4 + size > bytes.length) break;
      this.#take(bytes, at + 4, at + 4 + size);
      at += 4 + size;
    }
    this.#held = bytes.subarray(at);
  }
}

/** The items of a list and its metadata. */
export class ProtobufList {
  readonly #item: Take;
  readonly #metadata: Take;
  #held: Buffer = NOTHING;
  /** Magic, then the envelope's fields, then the list's, then what the envelope has behind it. */
  #place: 'magic' | 'envelope' | 'list' | 'behind' = 'magic';
  /** Bytes that nobody needs, and those that are left of the list. */
  #skip = 0;
  #left = 0;

  constructor(item: Take, metadata: Take) {
    this.#item = item;
    this.#metadata = metadata;
  }
  /** Throws ApiError `protocol` where this is no list, and what the takers throw. */
  feed(piece: Buffer): void {
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    let at = 0;
    for (let next = this.#step(bytes, at); next > at; next = this.#step(bytes, at)) at = next;
    this.#held = at === bytes.length ? NOTHING : bytes.subarray(at);
  }
  /** The body has ended. Throws ApiError `protocol` where it was cut. */
  end(): void {
    if (this.#place !== 'behind' || this.#held.length > 0 || this.#skip > 0) throw new ApiError('protocol', 'the list ends in the middle');
  }

  /** Takes what is whole at `at`; where the next begins, or `at` again where more has to come. */
  #step(bytes: Buffer, at: number): number {
    const here = bytes.length - at;
    if (this.#skip > 0) {
      const passed = Math.min(this.#skip, here);
      this.#skip -= passed;
      return at + passed;
    }
    if (this.#place === 'magic') {
      if (here < MAGIC.length) return at;
      if (!isMagic(bytes, at)) throw noList();
      this.#place = 'envelope';
      return at + MAGIC.length;
    }
    return here === 0 ? at : this.#field(bytes, at);
  }
  #field(bytes: Buffer, at: number): number {
    const [tag, behind] = number(bytes, at);
    if (behind === 0) return at;
    const [value, start] = number(bytes, behind);
    if (start === 0) return at;
    const head = start - at;
    const isBytes = (tag & 7) === 2;
    if (!isBytes && (tag & 7) !== 0) throw noList();
    if (this.#place !== 'list') {
      if (isBytes && tag >>> 3 === RAW) {
        this.#left = value;
        this.#place = value === 0 ? 'behind' : 'list';
      } else this.#skip = isBytes ? value : 0;
      return start;
    }
    const size = isBytes ? value : 0;
    if (head + size > this.#left) throw noList();
    const wanted = isBytes && (tag >>> 3 === ITEMS || tag >>> 3 === METADATA);
    if (wanted && size > MOST) throw new ApiError('protocol', 'an item of the list is too long');
    if (wanted && start + size > bytes.length) return at;
    this.#left -= head + size;
    if (this.#left === 0) this.#place = 'behind';
    if (!wanted) this.#skip = size;
    else (tag >>> 3 === ITEMS ? this.#item : this.#metadata)(bytes, start, start + size);
    return wanted ? start + size : start;
  }
}

/** A number and where it ends; 0 where it is not whole. */
function number(bytes: Buffer, from: number): [value: number, end: number] {
  let value = 0;
  for (let at = from, factor = 1; at < bytes.length; at++, factor *= 128) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at + 1];
    if (at - from >= HEAD - 5) throw noList();
  }
  return [0, 0];
}
const noList = () => new ApiError('protocol', 'the reply is no list of the API');
