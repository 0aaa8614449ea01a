// What HTTP/3 needs of a QUIC connection: streams that bytes leave on, and how they and the connection end. Knows nothing of QUIC.

/** A connection. Nothing of it throws; on what has ended nothing happens. */
export interface StreamWire {
  /** Bytes are copied before it returns. `fin` ends our side. `told`: `sent` is called once all so far has been taken. */
  send(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, told?: boolean): void;
  /** A new stream of ours; -1 where the peer takes none at the moment, and `room` is called later. */
  open(uni: boolean): number;
  /** Ends our side early. */
  reset(stream: number, code: number): void;
  /** Nothing more of their side is wanted, and nothing of it is handed over. */
  stop(stream: number, code: number): void;
  close(code: number, reason: string): void;
}
