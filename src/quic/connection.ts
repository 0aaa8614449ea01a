// A connection of QUIC as those see it who speak on it. Knows streams and their numbers; what is said on them is DNS's or HTTP's.
import type { About } from './addon.ts';

/** How a connection ended, and with which code; `application` where that is the speakers' own code, not QUIC's. */
export interface QuicEnd {
  /** The other side's close; nothing came for too long; the other side forgot it; an error that was found here; our own close. */
  readonly by: 'peer' | 'silence' | 'reset' | 'error' | 'local';
  readonly code: number;
  readonly application: boolean;
  readonly reason: string;
}

/**
 * One connection, a client's or a server's. What is sent is gathered and leaves when the turn of the event loop ends: no call costs a
 * system call. Streams are numbered as in QUIC: `id & 3` is 0 for a client's, 1 for a server's, 2 and 3 for those of one direction.
 */
export interface QuicConnection {
  /** What is known of the other side; undefined where the connection is gone and nobody had asked before. */
  readonly peer: About | undefined;
  /** Until the handshake is over: what comes meanwhile came in 0-RTT. */
  readonly handshaking: boolean;
  /** True once it has ended: nothing is sent any more. */
  readonly ended: boolean;
  /** The bytes are copied before this returns. `fin` ends our side of the stream; with `told`, `sent` is called once all was taken. */
  send(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, told?: boolean): void;
  /** A new stream of ours; -1 where the other side allows none at the moment, and `room` is called later. */
  open(oneWay: boolean): number;
  /** Ends our side of a stream without its end. */
  reset(stream: number, code: number): void;
  /** Wants nothing more on a stream (STOP_SENDING). */
  stop(stream: number, code: number): void;
  /** Ends all; `closed` is called afterwards, with `by: 'local'`. */
  close(code: number, reason: string): void;
}

/** Who speaks on a connection. */
export interface QuicSpeaker {
  /**
   * What came on a stream, in order; `fin` with its last bytes, which may be none. `bytes` is memory of the socket, to be read before this
   * returns. `early`: the stream began in 0-RTT.
   */
  data(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, early: boolean): void;
  /** The other side ended its side of a stream without its end. */
  resetBy(stream: number, code: number): void;
  /** The other side wants nothing more on a stream: it is over. */
  stoppedBy(stream: number, code: number): void;
  /** All that was sent on a stream so far was taken. */
  sent(stream: number): void;
  /** Streams may be opened again. */
  room(): void;
  /** The handshake is over. `rejected`: a client's 0-RTT was not taken, and its streams are gone. */
  opened(rejected: boolean): void;
  /** It is over: the last call. */
  closed(end: QuicEnd): void;
}
