// Asks a server, within its process, for a zone that it forwards: whether somebody behind it answers. Knows what is served; sends nothing
// itself.
import { encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { RD, message } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { explain } from '../explain/ask.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Served } from '../kernel/site/plugin.ts';

/** Zones that are no cluster's, and that of the server itself. */
const OTHERS = /(^|\.)(in-addr|ip6)\.arpa\.$|^node-cache\.invalid\.$|^\.$/;

/** Whether it is answered for its first zone of names at one of these addresses, or else for the root. */
export async function answersUpstream(served: Served, addresses: readonly string[], clock: Clock): Promise<boolean> {
  const { configuration: { addresses: places, blocks }, servers } = served;
  const place = places.find(({ endpoint: { scheme, address } }) => scheme === 'dns' && (address === '' || addresses.includes(address)));
  if (place === undefined) return false;
  const zones = place.zones.map(([zone]) => Name.wire(zone));
  const name = zones.find(({ text }) => !OTHERS.test(text)) ?? Name.root;
  const question = { name, type: TYPE.SOA, class: CLASS.IN };
  const packet = encodeMessage(message({ id: 1, flags: RD, question }), { compress: false });
  const service = servers.get(place.label)!;
  const asking = { packet, client: place.endpoint.address.includes(':') ? '::1' : '127.0.0.1', transport: 'udp' as const, isDry: true };
  const { reply } = await explain({ address: place, service, blocks }, asking, clock);
  return reply !== undefined && (reply.rcode === RCODE.NOERROR || reply.rcode === RCODE.NXDOMAIN);
}
