// Asking again for what is kept, without a client: prefetch and stale entries (CACHE-13 to 15). Knows queries and when a new
// answer counts; keeps nothing itself.
import { RCODE } from '../../dns/rcode.ts';
import { PEER_ROOM } from '../../kernel/query/arena.ts';
import { apart } from '../../kernel/query/derive.ts';
import { AD } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, onReply } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Handler, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import { subnetOf, untell, withoutAddress } from './subnet.ts';
import type { Channel, TransportName } from '../../kernel/query/transport.ts';

/** AF_INET: the unknown client is 0.0.0.0, port 0. */
const INET = 2;

/** The same question as from an unknown client over TCP, so that nothing is truncated, asking for authentic data (CACHE-13). */
export function background(query: Query, site: Site): Query {
  const derived = detached(query, site, 'tcp');
  derived.bytes.fill(0, derived.peerAt, derived.peerAt + PEER_ROOM);
  derived.bytes[derived.peerAt] = INET;
  return derived;
}
/** The same question of the same client, over its transport, whose reply goes nowhere by itself (CACHE-14, `verify` with a timeout). */
export const aside = (query: Query, site: Site): Query => detached(query, site, query.channel.transport);

function detached(query: Query, site: Site, transport: TransportName): Query {
  const { service, localAddress, localPort } = query.channel;
  const channel: Channel = { transport, stream: transport !== 'udp', service, localAddress, localPort, send: () => {} };
  const derived = apart(query, { channel });
  const { journey } = derived;
  derived.setFlags(AD);
  journey.wantsAuthentic = true;
  // Labels of its own: what becomes known on its way is not the client's.
  journey.metadata = undefined;
  if (query.metadata !== undefined) site.collect(derived);
  return derived;
}

/** Whether a reply may take the place of a stale one: complete, and NOERROR or NXDOMAIN (RFC 8767 section 4). */
export function acceptable(reply: Message, kind: string): boolean {
  if (reply.truncated || kind === 'OTHERERROR' || kind === 'META' || kind === 'UPDATE') return false;
  return reply.rcode === 0 || reply.rcode === RCODE.NXDOMAIN;
}

/** What is said to a question. Who refuses it for the client's network is asked without (RFC 7871 section 7.1.3). */
export function askFor(query: Query, next: Handler): Answer {
  const answer = next(query);
  const subnet = subnetOf(query);
  if (subnet === undefined || subnet.source === 0) return answer;
  return onReply(answer, (reply) => (reply.rcode === RCODE.REFUSED ? onReply(next(withoutAddress(query)), told, query) : reply), query);
}
const told = (reply: Message): Message => {
  untell(reply);
  return reply;
};

/** What is said to a question that no client waits for. What is thrown is a bug, and hits nobody's query. */
export async function ask(query: Query, next: Handler, run: Run): Promise<Outcome> {
  try {
    return await askFor(query, next);
  } catch (error) {
    run.report(error);
    return failure(RCODE.SERVFAIL, error);
  }
}
