// What asking an upstream over UDP needs of sockets. Knows offsets and lengths; implemented in transport/, so that upstream/
// knows no sockets.

/** Where questions go: a numeric address (an IPv6 one may carry `%zone`), a port, and the local address to ask from. */
export interface DatagramPeer {
  readonly address: string;
  readonly port: number;
  readonly source?: string;
}

/**
 * A datagram that came: `length` bytes of `bytes` from `at`, a multiple of 4, so that `words` is the same memory from `at >> 2`. The
 * bytes are the receiver's until it returns. Up to 64 KiB come whole.
 */
export type Receive = (bytes: Uint8Array, words: Int32Array, at: number, length: number) => void;

/** A UDP socket connected to one upstream: only its datagrams arrive here. */
export interface DatagramSocket {
  /** Where questions are written. Reading or writing outside of what `write` gave out is forbidden. */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The port that we ask from; the kernel chose it at random. */
  readonly localPort: number;
  /**
   * The offset, a multiple of 4, at which the caller now writes a datagram of `length` bytes, up to 65535, before it returns to the
   * event loop. It leaves when the turn of the event loop ends. After `close` it leads nowhere.
   */
  write(length: number): number;
  /** Closes the socket; what was written this turn still leaves, and nothing is received any more. */
  close(): void;
}

/** Who has asked one question by a socket of its own. */
export interface Asked {
  /** A datagram came, which is the receiver's until it returns; there may be more. */
  received(bytes: Uint8Array, at: number, length: number): void;
  /** The network reports that (`code` as in `open`). */
  failed(code: string): void;
}

/** Opens connected UDP sockets. */
export interface Datagrams {
  /**
   * Sends one datagram at once from a socket of its own, at a port that the kernel draws, and says a number by which `end` closes it; -1
   * where there is no such way to this peer, or there are too many: `open` may still be one. Throws as `open` does.
   */
  ask?(to: DatagramPeer, datagram: Uint8Array, asked: Asked): number;
  /** Closes the socket of a question: nothing more is heard of it. */
  end?(socket: number): void;
  /**
   * Opens a socket; throws where that cannot be (`code` is EMFILE, ENETUNREACH, EADDRNOTAVAIL...). `begin` is called before the
   * datagrams of one wake-up, `receive` with each, `error` with the code of what the network reports (ECONNREFUSED for an
   * ICMP port unreachable); the socket can still be used then.
   */
  open(to: DatagramPeer, receive: Receive, error: (code: string) => void, begin?: () => void): DatagramSocket;
}
