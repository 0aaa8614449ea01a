// DNS over TLS for a thread (RFC 7858), with DNS Stateful Operations on its connections (RFC 8490). Knows that both are there; loaded where
// an address wants it.
import type { Transport } from '../kernel/query/transport.ts';
import { DsoSession } from './dso-session.ts';
import { streamTransport } from './stream-listener.ts';
import { Framed } from './tcp.ts';
import type { TcpOptions } from './tcp.ts';

/** Where an address has no certificate it is plain TCP (TR-2), without such sessions: what they tell is for their client's eyes alone. */
export const dot = (options: TcpOptions = {}): Transport => streamTransport(new Framed('tls', 'tls', DsoSession.open), options);
