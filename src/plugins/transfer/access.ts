// Which line of *transfer* is about a zone, what a client is called there, and whether it may have it. Knows names, addresses and who
// signed; answers nothing.
import { inPrefix } from '../../dns/address.ts';
import type { Name } from '../../dns/name.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Grant, Stanza } from './config.ts';

/** The line with the longest zone that holds this name; the first one of those where several have it. */
export function stanzaOf(stanzas: readonly Stanza[], name: Name): Stanza | undefined {
  let found: Stanza | undefined;
  let longest = 0;
  for (const stanza of stanzas) {
    const length = stanza.zones.match(name)?.raw.length ?? 0;
    if (length <= longest) continue;
    longest = length;
    found = stanza;
  }
  return found;
}

/** The client's address; a link-local one with its `%interface`, which is that of our own address: the two share a link. */
export function clientOf({ clientAddress, channel: { localAddress } }: Query): string {
  const zone = localAddress.indexOf('%');
  return zone < 0 || !/^fe[89ab]/.test(clientAddress) ? clientAddress : clientAddress + localAddress.slice(zone);
}

/** Whether a line gives the client the zone: where it asks from, what it signed with and how it came all have to fit one `to` of it. */
export const mayTransfer = ({ grants }: Stanza, query: Query): boolean => grants.some((grant) => fits(grant, query));

/** Why it is refused: whether another transport or certificate would help. */
export const whyRefused = ({ grants }: Stanza, query: Query): string => (grants.some((grant) => fits({ ...grant, tls: undefined }, query))
  ? 'the zone is given over TLS 1.3 alone, to clients that may have it' : 'the client may not transfer the zone');

function fits({ anybody, clients, networks, key, tls }: Grant, query: Query): boolean {
  if (tls !== undefined && !isSecure(query, tls.client)) return false;
  const { signature } = query.journey;
  if (key !== undefined && (signature?.error !== 0 || signature.key !== key)) return false;
  if (anybody || clients.includes(clientOf(query))) return true;
  if (networks.length === 0) return false;
  const address = query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);
  return networks.some(({ network, bits }) => inPrefix(address, network, bits));
}
/**
 * Over TLS 1.3 with ALPN `dot` (RFC 9103 section 7), and from whom, where a client's common name is said; a comma within a value has a
 * backslash before it.
 */
function isSecure({ channel: { secure } }: Query, client: string | undefined): boolean {
  if (secure?.version !== 'TLSv1.3' || secure.alpn !== 'dot') return false;
  return client === undefined || (secure.isVerified && secure.subject?.split(/(?<!\\),/).includes(`CN=${client}`) === true);
}
