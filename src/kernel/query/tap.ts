// What a part that forwards tells of its questions to other servers, to whoever listens in its block. Knows nothing of either.
import { Slot } from '../slot.ts';
import type { Query } from './query.ts';

/** Over what another server was asked. */
export type TapNetwork = 'udp' | 'tcp' | 'tls' | 'https' | 'quic';

/** Somebody who wants to know what is forwarded. */
export interface Tap {
  /**
   * A question was asked of the server `name` (`192.0.2.1:53`) at the moment `askedAt` (milliseconds of the server's clock), and answered
   * by `length` bytes at `at`, or not: `length` 0. The bytes are to be used at once.
   */
  forwarded(query: Query, name: string, network: TapNetwork, askedAt: number, bytes: Uint8Array, at: number, length: number): void;
}
/** Those of a block. */
export const Taps = new Slot<Tap>('taps');
