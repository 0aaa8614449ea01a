// What a client on a connection is told when the server is about to end (RFC 7828). Knows one EDNS option; knows no transport.
import { OPTION } from '../../dns/edns-options.ts';
import { u16 } from '../../dns/packet.ts';
import type { Message } from './message.ts';
import type { Query } from './query.ts';

/** The bytes of an OPT before its options. */
const BARE = 11;
/** No time at all: "close the connection" (section 3.3.2). */
const NO_TIME = Uint8Array.of(0, 0);

/** Puts the option into a reply that has an OPT, during lame duck, where the client sent the option: others must not get it (3.3.2). */
export function tellToLeave(query: Query, message: Message): void {
  if (query.channel.leaving !== true || message.optAt === 0 || query.optAt === 0 || !sent(query)) return;
  const { edns } = message;
  if (edns === undefined) return;
  const others = edns.options.filter(({ code }) => code !== OPTION.TCP_KEEPALIVE);
  message.setEdns({ ...edns, options: [...others, { code: OPTION.TCP_KEEPALIVE, data: NO_TIME }] });
}
function sent({ bytes, at, optAt }: Query): boolean {
  const from = at + optAt + BARE;
  for (let option = from, end = from + u16(bytes, from - 2); option + 4 <= end; option += 4 + u16(bytes, option + 2)) {
    if (u16(bytes, option) === OPTION.TCP_KEEPALIVE) return true;
  }
  return false;
}
