// Where records go that are read one after another: from a master file, a transfer, an UPDATE. Knows wire bytes, nothing of files
// or of how a zone is kept.

/** Takes records as they are read. What it is handed is used again after each call: who keeps bytes copies them. */
export interface RecordSink {
  /**
   * A handle for `add` of the owner whose uncompressed absolute wire name lies in the first `length` octets of `name`, letters as
   * they were written. -1 where it lies outside of the zone; whoever reads decides what that means.
   */
  owner(name: Uint8Array, length: number): number;
  /** A record of an owner: time to live in seconds, and data in the first `length` octets of `data`, uncompressed as on the wire. */
  add(owner: number, type: number, ttl: number, data: Uint8Array, length: number): void;
}
