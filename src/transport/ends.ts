// Between whom a connection is, as its questions are told: a socket says it itself, or a proxy for it. Knows nothing else.

/** Both ends; a `Socket` is one of these. */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** What else a proxy said of the connection (PP-5). */
  readonly tlvs?: Uint8Array;
}
