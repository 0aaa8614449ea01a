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

/** Whether a line gives the client the zone: where it asks from and what it signed with both have to fit one `to` of it. */
export const mayTransfer = ({ grants }: Stanza, query: Query): boolean => grants.some((grant) => fits(grant, query));

function fits({ anybody, clients, networks, key }: Grant, query: Query): boolean {
  const { signature } = query.journey;
  if (key !== undefined && (signature?.error !== 0 || signature.key !== key)) return false;
  if (anybody || clients.includes(clientOf(query))) return true;
  if (networks.length === 0) return false;
  const address = query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);
  return networks.some(({ network, bits }) => inPrefix(address, network, bits));
}
