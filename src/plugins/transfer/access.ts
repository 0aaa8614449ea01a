// Which line of *transfer* is about a zone, and what a client is called there. Knows names and addresses; decides nothing.
import type { Name } from '../../dns/name.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Stanza } from './config.ts';

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
