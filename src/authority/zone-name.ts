// A name of a zone as if it were asked for: what nodes are asked when a whole zone is written. Knows labels; knows no zone's contents.
import { HEADER } from '../dns/packet.ts';
import type { Asked, ServedZone } from './served-zones.ts';

/** Bytes of the longest name (RFC 1035 section 2.3.4). */
const LONGEST = 255;

/** One name in lower case, filled again and again from its leftmost label on. */
export class ZoneName implements Asked {
  readonly bytes = new Uint8Array(1024);
  readonly at = 0;
  /** The spelling is the folded one. */
  readonly keyAt = HEADER;
  nameLength = 0;
  /** Of those who ask whether the name is there at all. */
  readonly type = 1;
  #end = HEADER;

  get questionEnd(): number {
    return HEADER + this.nameLength + 4;
  }
  /** Forgets the name before. */
  begin(): this {
    this.#end = HEADER;
    return this;
  }
  /** Adds labels as wire bytes, in lower case: `size` of them at `at`. */
  copy(bytes: Uint8Array, at: number, size: number): this {
    const to = this.bytes;
    if (this.#end + size > to.length) this.#end = to.length - size;
    for (let i = 0; i < size; i++) to[this.#end++] = bytes[at + i]!;
    return this;
  }
  /** Adds labels as wire text, in any case. */
  text(labels: string): this {
    const to = this.bytes;
    for (let i = 0; i < labels.length && this.#end < to.length; i++) {
      const byte = labels.charCodeAt(i);
      to[this.#end++] = byte >= 65 && byte <= 90 ? byte | 32 : byte;
    }
    return this;
  }
  /** The zone is what is left. False where the name is longer than a name can be. */
  under({ bytes }: ServedZone): boolean {
    this.nameLength = this.#end - HEADER + bytes.length;
    if (this.nameLength > LONGEST) return false;
    this.copy(bytes, 0, bytes.length);
    return true;
  }
}
