// The identifier of this server in a reply, for who asked for it (RFC 5001). Knows one EDNS option.
import { OPTION } from '../../dns/edns-options.ts';
import type { Message } from './message.ts';
import type { Query } from './query.ts';

/** Whether the client wants to know which server answers. */
export const wantsIdentifier = (query: Query): boolean =>
  query.optAt !== 0 && query.edns!.options.some(({ code }) => code === OPTION.NSID);

/** Puts the identifier into a reply. As CoreDNS (NSID-1): one without an OPT gets a fresh one, so nothing of the request's is echoed. */
export function identify(reply: Message, query: Query, data: Uint8Array): Message {
  const edns = reply.edns ?? { udpSize: query.udpSize, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] };
  reply.setEdns({ ...edns, options: [...edns.options.filter(({ code }) => code !== OPTION.NSID), { code: OPTION.NSID, data }] });
  return reply;
}
