// Takes messages with their two bytes of length (RFC 1035 section 4.2.2) out of a stream. Knows lengths; knows no socket.

const scratch = new Uint8Array(65536 + 64);
const scratchWords = new Int32Array(scratch.buffer);

/** Called with each whole message: `length` bytes from `at`, a multiple of 4, until it returns. */
export type Frame = (bytes: Uint8Array, words: Int32Array, at: number, length: number) => void;

/** What one stream has brought so far. */
export class Frames {
  #rest = new Uint8Array(0);
  #kept = 0;

  /** Takes in what came. */
  read(chunk: Uint8Array, count: number, frame: Frame): void {
    let i = this.#kept === 0 ? 0 : this.#complete(chunk, count, frame);
    if (i < 0) return;
    while (i + 2 <= count) {
      const length = (chunk[i]! << 8) | chunk[i + 1]!;
      if (i + 2 + length > count) break;
      scratch.set(chunk.subarray(i + 2, i + 2 + length));
      i += 2 + length;
      frame(scratch, scratchWords, 0, length);
    }
    if (i < count) this.#keep(chunk, i, count);
  }
  /** Fills up the message of which a part was kept; the offset of what follows it in the chunk, or -1 where it is still not whole. */
  #complete(chunk: Uint8Array, count: number, frame: Frame): number {
    let i = 0;
    while (this.#kept < 2 && i < count) this.#keep(chunk, i, ++i);
    if (this.#kept < 2) return -1;
    const length = (this.#rest[0]! << 8) | this.#rest[1]!;
    const missing = 2 + length - this.#kept;
    if (i + missing > count) {
      this.#keep(chunk, i, count);
      return -1;
    }
    scratch.set(this.#rest.subarray(2, this.#kept));
    scratch.set(chunk.subarray(i, i + missing), this.#kept - 2);
    this.#kept = 0;
    this.#rest = new Uint8Array(0);
    frame(scratch, scratchWords, 0, length);
    return i + missing;
  }
  #keep(chunk: Uint8Array, from: number, to: number): void {
    const size = this.#kept + to - from;
    if (size > this.#rest.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#rest.length, 512));
      larger.set(this.#rest.subarray(0, this.#kept));
      this.#rest = larger;
    }
    this.#rest.set(chunk.subarray(from, to), this.#kept);
    this.#kept = size;
  }
}
