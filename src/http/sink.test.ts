// A socket that keeps what is written, for tests of what writes. Knows nothing of it.

/** A made-up socket. */
export class Sink {
  destroyed = false;
  ended = false;
  paused = false;
  /** What `write` says: false where it has enough. */
  free = true;
  writableLength = 0;
  written: Buffer = Buffer.alloc(0);

  get text(): string {
    return this.written.toString('latin1');
  }
  /** Whether our side is over. */
  get over(): boolean {
    return this.ended || this.destroyed;
  }
  write(bytes: Uint8Array): boolean {
    this.written = Buffer.concat([this.written, bytes]);
    return this.free;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
}
