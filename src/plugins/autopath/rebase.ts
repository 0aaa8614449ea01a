// Copies names and octets from one message to another whose question is another one, so that compression pointers still lead where they
// did. Knows offsets; knows no record type.
import { HEADER, setU16 } from '../../dns/packet.ts';
import type { Message } from '../../kernel/query/message.ts';

/** How far pointers reach (RFC 1035 section 4.1.4). */
const REACH = 0x4000;

/** One copy under way. The question of the source has no pointers. */
export class Rebase {
  readonly source: Message;
  readonly target: Message;
  /** Offset in the source's buffer of what is copied next. */
  from: number;
  /** Offset behind the name of the source's question. */
  readonly #questionEnd: number;
  /** The question's name from offset `#knownFrom` of the source lies at `#knownAt` of the target, too. */
  #knownFrom = REACH;
  #knownAt = 0;
  /** How much further the records lie in the target; then, in pairs, an offset of the source and what came in there. */
  #shift = 0;
  readonly #grown: number[] = [];

  constructor(source: Message, target: Message) {
    this.source = source;
    this.target = target;
    this.from = source.at + source.questionEnd;
    this.#questionEnd = source.at + source.questionEnd - 4;
  }

  /** What is written from here on are the records of the source, in order. */
  begin(): void {
    this.#shift = this.target.length - this.source.questionEnd;
  }
  /** Copies octets. There must be room. */
  octets(count: number): void {
    const { source: { bytes: source }, target: { bytes, at, length } } = this;
    const to = at + length;
    if (count > 64) bytes.set(source.subarray(this.from, this.from + count), to);
    else for (let i = 0; i < count; i++) bytes[to + i] = source[this.from + i]!;
    this.from += count;
    this.target.length += count;
  }
  /**
   * Copies the name that comes next and ends before `end`; there must be room for that and 255 octets more. False where it runs further,
   * or its pointer leads neither to the question nor back to a record, or too far.
   */
  name(end: number): boolean {
    const { source: { bytes: source } } = this;
    while (this.from < end) {
      const size = source[this.from]!;
      if (size >= 64) return size >= 192 && this.from + 2 <= end && this.#suffix(((size & 63) << 8) | source[this.from + 1]!);
      if (this.from + size + 1 > end) return false;
      this.octets(size + 1);
      if (size === 0) return true;
    }
    return false;
  }
  /** Copies the name at `at`, which can be followed, without pointers; the copy goes on where it was. */
  whole(at: number): void {
    const { source: { bytes: source, at: start }, from } = this;
    for (this.from = at; ;) {
      const size = source[this.from]!;
      if (size >= 192) {
        const to = ((size & 63) << 8) | source[this.from + 1]!;
        this.from = start + to;
        if (to === HEADER) {
          this.#question(to);
          break;
        }
        continue;
      }
      this.octets(size + 1);
      if (size === 0) break;
    }
    this.from = from;
  }

  /** Writes what a pointer of the source stands for. */
  #suffix(to: number): boolean {
    const { source: { at: start } } = this;
    if (start + to >= this.#questionEnd) {
      return start + to >= this.#questionEnd + 4 && start + to < this.from && this.#pointer(this.#moved(to));
    }
    if (to < HEADER) return false;
    if (to >= this.#knownFrom) return this.#pointer(to - this.#knownFrom + this.#knownAt);
    const added = this.#question(to);
    this.#grown.push(this.from - start, added - 2);
    this.from += 2;
    return true;
  }

  /** Writes the question's name from this offset on in full. Returns its octets. */
  #question(from: number): number {
    const { source: { bytes: source, at: start }, target } = this;
    const count = this.#questionEnd - start - from;
    const to = target.at + target.length;
    for (let i = 0; i < count; i++) target.bytes[to + i] = source[start + from + i]!;
    if (target.length + count < REACH && from < this.#knownFrom) {
      this.#knownFrom = from;
      this.#knownAt = target.length;
    }
    target.length += count;
    return count;
  }
  #moved(offset: number): number {
    let moved = offset + this.#shift;
    for (let i = 0; i < this.#grown.length && this.#grown[i]! < offset; i += 2) moved += this.#grown[i + 1]!;
    return moved;
  }
  #pointer(offset: number): boolean {
    if (offset >= REACH) return false;
    setU16(this.target.bytes, this.target.at + this.target.length, 0xc000 | offset);
    this.target.length += 2;
    this.from += 2;
    return true;
  }
}
