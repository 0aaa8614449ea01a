// What expressions of `view` and `template` can ask of a query (VIEW-2): functions by name, with their types. Knows queries; knows
// neither the language nor who asks.
import { inPrefix, parseAddress, parseCIDR, unmap } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { className, typeName } from '../../dns/type-name.ts';
import type { ExpressionFunction } from '../../expression/index.ts';
import { askedAddress } from './peer.ts';
import type { Query } from './query.ts';
import { overUdp } from './transport.ts';

/** What an expression runs for. */
export interface Asked {
  readonly query: Query;
}

/** The name that is asked for as text: lower-case, with the last dot. */
export function lowerName({ name }: Query): string {
  return name.folded.text;
}

/** `incidr(ip, cidr)`, where an IPv4-mapped address counts as IPv4. The network that was named last is kept: mostly it is a literal. */
function inCidr(): (asked: Asked, ip: string, cidr: string) => boolean {
  let text = '';
  let parsed: CIDR | undefined;
  return (_, ip, cidr) => {
    const address = parseAddress(ip);
    if (address === undefined) throw new Error('first argument is not an IP address');
    if (cidr !== text) {
      text = cidr;
      parsed = parseCIDR(cidr);
    }
    if (parsed === undefined) throw new Error(`invalid CIDR address: ${cidr}`);
    return inPrefix(unmap(address), parsed.network, parsed.bits);
  };
}

/** The functions, each set with a memory of its own. */
export const queryFunctions = (): Record<string, ExpressionFunction<Asked>> => ({
  incidr: { parameters: ['string', 'string'], result: 'bool', fallible: true, call: inCidr() },
  metadata: { parameters: ['string'], result: 'string', call: ({ query }: Asked, label: string) => query.label(label) ?? '' },
  type: { parameters: [], result: 'string', call: ({ query }) => typeName(query.type) },
  name: { parameters: [], result: 'string', call: ({ query }) => lowerName(query) },
  class: { parameters: [], result: 'string', call: ({ query }) => className(query.class) },
  proto: { parameters: [], result: 'string', call: ({ query }) => (overUdp(query.channel.transport) ? 'udp' : 'tcp') },
  size: { parameters: [], result: 'int', call: ({ query }) => query.size },
  client_ip: { parameters: [], result: 'string', call: ({ query }) => query.clientAddress },
  port: { parameters: [], result: 'string', call: ({ query }) => String(query.clientPort) },
  id: { parameters: [], result: 'int', call: ({ query }) => query.id },
  opcode: { parameters: [], result: 'int', call: ({ query }) => query.opcode },
  do: { parameters: [], result: 'bool', call: ({ query }) => query.wantsDnssec },
  bufsize: {
    parameters: [], result: 'int', call: ({ query }) => (overUdp(query.channel.transport) ? Math.max(512, query.udpSize) : 65535),
  },
  server_ip: { parameters: [], result: 'string', call: ({ query }) => askedAddress(query) },
  server_port: { parameters: [], result: 'string', call: ({ query }) => String(query.channel.localPort) },
});
