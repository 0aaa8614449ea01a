// Who may say that a zone has changed (SEC-4). Knows a line and a question; tells nobody.
import { inPrefix } from '../../dns/address.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { SecondaryLine } from './config.ts';

/** Whether a client is one that says when a zone changes: a primary, or whom the line names. */
export function mayNotify({ primaries, notify: { networks, keys } }: SecondaryLine, query: Query): boolean {
  const { signature } = query.journey;
  if (signature?.error === 0 && keys.includes(signature.key)) return true;
  const client = query.clientAddress;
  if (primaries.some((primary) => primary.client === client)) return true;
  const address = query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);
  return networks.some(({ network, bits }) => inPrefix(address, network, bits));
}
