// The settings of a server of QUIC, made of what `tls` says in the blocks of an address. Knows both forms; opens nothing.
import { PROXY_POLICIES } from '../quic/addon.ts';
import type { QuicServing } from '../quic/addon.ts';
import type { ProxyRules } from '../kernel/query/proxy-setting.ts';
import { transportSecurity } from '../secure/node.ts';
import { CLIENT_AUTH } from '../secure/server-tls.ts';
import type { ServerTls } from '../secure/server-tls.ts';
import { KEPT, sessionsOf } from '../secure/tickets.ts';

/** Handshakes that may be under way on one socket where `connections` says nothing. */
export const HANDSHAKES = 1000;
/** Bytes that may wait for a client that does not read: more than the longest message. */
const UNSENT = 1 << 20;
/** Octets of a key. */
const KEY = 32;

/** What the transport says itself. */
export interface QuicBounds {
  readonly alpn: readonly string[];
  readonly label: string;
  readonly connections: number;
  readonly streams: number;
  /** Under way at once, on one socket. */
  readonly handshakes: number;
  /** Milliseconds. */
  readonly read: number;
  readonly write: number;
  readonly idle: number;
  /** The code of an application that has enough (DOQ_EXCESSIVE_LOAD, H3_EXCESSIVE_LOAD). */
  readonly overload: number;
  /** Where proxies stand before the port. */
  readonly proxy?: ProxyRules | undefined;
}

/** The settings of now: certificates and keys may be others later (`ServerTls.round`, `Tickets.keys`). */
export function servingOf(blocks: readonly [ServerTls, ...ServerTls[]], bounds: QuicBounds): QuicServing {
  const [first] = blocks;
  const { clientAuth, tickets } = first;
  const pairs = blocks.map((block) => block.pair());
  const asks = clientAuth !== 'nocert';
  const ca = asks ? pairs[0]!.ca ?? transportSecurity().rootCertificates.join('\n') : undefined;
  const { connections, streams, handshakes, read, write, idle, overload, proxy } = bounds;
  return {
    alpn: bounds.alpn, pairs, policy: CLIENT_AUTH.indexOf(clientAuth), ca,
    // Whoever was let in by one policy comes back to no other (RFC 8446 section 4.6.1).
    sessions: first.digest(`quic ${sessionsOf(bounds.label)} ${clientAuth} ${ca ?? ''}`),
    resumes: tickets !== undefined, secrets: first.log !== undefined,
    connections: connections === 0 ? 60_000 : connections + handshakes, streams, handshakes,
    handshake: read, write, idle, unsent: UNSENT, overload,
    proxy: proxy && { ...proxy, others: PROXY_POLICIES.indexOf(proxy.others) },
    ...(tickets?.shared === true && {
      ticketKey: tickets.derive(`quic tickets ${span(0)}`, KEY), lastTicketKey: tickets.derive(`quic tickets ${span(1)}`, KEY),
      secret: tickets.derive('quic resets', KEY),
    }),
  };
}
/** The number of the time in which a key seals, so many before now. */
export const span = (before: number): number => Math.floor(Date.now() / KEPT) - before;
