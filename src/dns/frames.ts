// Messages in a stream of bytes, each behind its length in two bytes (RFC 1035 section 4.2.2). Knows chunks; knows nothing of what
// the messages say.

/** Bytes of the length before each message. */
export const PREFIX = 2;
/** Room that a message which comes in pieces gets at first, and is added when it is not enough: a length alone costs nobody 64 KiB. */
const FIRST = 1024, STEP = 4096;
const NOTHING = new Uint8Array(0);

/** Finds the messages of one stream, where they lie if they came in one chunk. */
export class Frames {
  /** After `next` returned true: the message is `length` bytes of `bytes` from `at`, until `next` or `push` is called again. */
  bytes: Uint8Array = NOTHING;
  at = 0;
  length = 0;
  #chunk: Uint8Array = NOTHING;
  #from = 0;
  /** A message that came in pieces, with its prefix, and how much of it is there. */
  #part: Uint8Array = NOTHING;
  #have = 0;

  /** True where bytes are left that `next` has not looked at. */
  get pending(): boolean {
    return this.#from < this.#chunk.length;
  }

  /** Bytes of memory that wait for more to come, or for their turn. */
  get held(): number {
    return this.#part.length + (this.pending ? this.#chunk.length : 0);
  }

  /** Adds what came. The chunk is kept until its messages were read. */
  push(chunk: Uint8Array): void {
    if (this.pending) {
      const rest = this.#chunk.subarray(this.#from);
      this.#chunk = new Uint8Array(rest.length + chunk.length);
      this.#chunk.set(rest);
      this.#chunk.set(chunk, rest.length);
    } else this.#chunk = chunk;
    this.#from = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunk = this.#part = this.bytes = NOTHING;
    this.#from = this.#have = 0;
  }

  /** Goes to the next whole message, if there is one. */
  next(): boolean {
    if (this.#have > 0) return this.#complete();
    const chunk = this.#chunk;
    const from = this.#from;
    const left = chunk.length - from;
    if (left >= PREFIX) {
      const length = (chunk[from]! << 8) | chunk[from + 1]!;
      if (left >= PREFIX + length) {
        this.bytes = chunk;
        this.at = from + PREFIX;
        this.length = length;
        this.#from = from + PREFIX + length;
        return true;
      }
    }
    if (left > 0) this.#collect(left);
    this.#chunk = NOTHING;
    this.#from = 0;
    return false;
  }

  /** Goes on with a message whose beginning came earlier. */
  #complete(): boolean {
    const left = () => this.#chunk.length - this.#from;
    if (this.#have < PREFIX) this.#collect(Math.min(left(), PREFIX - this.#have));
    if (this.#have < PREFIX) return false;
    const length = (this.#part[0]! << 8) | this.#part[1]!;
    this.#collect(Math.min(left(), PREFIX + length - this.#have));
    if (this.#have < PREFIX + length) return false;
    this.bytes = this.#part;
    this.at = PREFIX;
    this.length = length;
    this.#have = 0;
    this.#part = NOTHING;
    return true;
  }

  /** Moves bytes of the chunk to the part. */
  #collect(count: number): void {
    const need = this.#have + count;
    if (need > this.#part.length) {
      const part = new Uint8Array(need <= FIRST ? FIRST : Math.ceil(need / STEP) * STEP);
      part.set(this.#part.subarray(0, this.#have));
      this.#part = part;
    }
    this.#part.set(this.#chunk.subarray(this.#from, this.#from + count), this.#have);
    this.#have = need;
    this.#from += count;
  }
}

/** Where messages are put behind their lengths, to be written at once. */
export class FrameBuffer {
  /** Room for the largest message. */
  static readonly ROOM = 65536 + 64;
  #bytes = Buffer.from(new ArrayBuffer(FrameBuffer.ROOM));
  used = 0;

  /** True where a message of so many bytes fits behind the others. */
  fits(length: number): boolean {
    return this.used + PREFIX + length <= FrameBuffer.ROOM;
  }
  /** Adds a message. */
  add(from: Uint8Array, at: number, length: number): void {
    const bytes = this.#bytes;
    let to = this.used;
    bytes[to++] = length >> 8;
    bytes[to++] = length & 255;
    if (length <= 96) for (let i = 0; i < length; i++) bytes[to + i] = from[at + i]!;
    else bytes.set(from.subarray(at, at + length), to);
    this.used = to + length;
  }
  /** What was added, to be written before anything else is added; `keep` says afterwards whether it is still needed. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.used);
    this.used = 0;
    return bytes;
  }
  /** What `take` gave out is still being written: others get new memory. */
  keep(): void {
    this.#bytes = Buffer.from(new ArrayBuffer(FrameBuffer.ROOM));
  }
}
