// Asking again for what is kept, without a client: prefetch and stale entries (CACHE-13 to 15). Knows queries and when a new
// answer counts; keeps nothing itself.
import type { Message } from '../../kernel/message.ts';
import type { Outcome } from '../../kernel/outcome.ts';
import type { Query } from '../../kernel/query.ts';
import type { Channel } from '../../kernel/transport.ts';

const NXDOMAIN = 3;

/** The same question as from an unknown client over TCP, so that nothing is truncated, asking for authentic data (CACHE-13). */
export function background(query: Query): Query {
  const { service, localAddress, localPort } = query.channel;
  const channel: Channel = { transport: 'tcp', stream: true, service, localAddress, localPort, send: () => {} };
  const derived = query.as({});
  derived.channel = channel;
  derived.bytes.fill(0, derived.peerAt, derived.peerAt + 64);
  derived.bytes[derived.peerAt] = 2;
  derived.bytes[derived.at + 3] = derived.bytes[derived.at + 3]! | 0x20;
  derived.wantsAuthentic = true;
  derived.depth = query.depth;
  return derived;
}

/** Whether a reply may take the place of a stale one: complete, and NOERROR or NXDOMAIN (RFC 8767 section 4). */
export function acceptable(outcome: Outcome, kind: string): outcome is Message {
  if (outcome.kind !== 'reply' || outcome.truncated) return false;
  if (kind === 'OTHERERROR' || kind === 'META' || kind === 'UPDATE') return false;
  return outcome.rcode === 0 || outcome.rcode === NXDOMAIN;
}
