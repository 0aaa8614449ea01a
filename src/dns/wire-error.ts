// The error that bytes which are no DNS message end in. Knows the offset where reading stopped, nothing of what was read.

/** Bytes that cannot be read as, or values that cannot be written to, DNS wire form (RFC 1035 section 4). */
export class WireError extends Error {
  override readonly name = 'WireError';
  /** Where it went wrong: octets from the beginning of the bytes that were handed in. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at octet ${offset}`);
    this.offset = offset;
  }
}
