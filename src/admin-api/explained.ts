// Why a question is answered as it is, told by a server that runs: the question is followed, and counts nothing. Knows a load.
import { parseAddress } from '../dns/address.ts';
import { encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { RD, message } from '../dns/parts.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import { explain } from '../explain/ask.ts';
import type { ServedAddress } from '../explain/ask.ts';
import { explanationJson } from '../explain/json.ts';
import { explanationText } from '../explain/text.ts';
import type { HttpReply } from '../http/message.ts';
import { problem } from '../http/problem.ts';
import type { Served } from '../kernel/site/plugin.ts';
import { replyJson } from './reply.ts';
import type { Asked, Load } from './route.ts';

/** The walk of a question, as JSON or as a text. */
export async function explained({ query, plain }: Asked, { run, watchers }: Load): Promise<HttpReply> {
  if (!watchers.explanations.take()) return { ...problem(429, 'Too many explanations'), headers: { 'Retry-After': '1' } };
  const served = run.whole.serving();
  if (served === undefined) return problem(503, 'Nothing is served yet');
  const [nameText = '', typeText = '', client = '127.0.0.1'] = ['name', 'type', 'client'].map((each) => query.get(each) ?? undefined);
  const name = Name.maybe(nameText);
  const type = typeByName(typeText.toUpperCase());
  if (name === undefined || nameText === '') return problem(400, 'No name', `name is "${nameText}"`);
  if (type === undefined) return problem(400, 'No type', `type is "${typeText}"`);
  if (parseAddress(client) === undefined) return problem(400, 'No address', `client is "${client}"`);
  const wanted = query.get('server') ?? undefined;
  const place = addressOf(served, name, wanted);
  if (place === undefined) {
    return problem(404, 'No such address', `there is ${served.configuration.addresses.map(({ label }) => label).join(', ')}`);
  }
  const { scheme } = place.address.endpoint;
  const transport = scheme === 'dns' ? (query.get('tcp') === '1' ? 'tcp' : 'udp') : scheme;
  const edns = { udpSize: 1232, version: 0, z: 0, extendedRcode: 0, dnssecOk: query.get('do') === '1', options: [] };
  const packet = encodeMessage(message({ id: 1, flags: RD, question: { name, type, class: CLASS.IN }, edns }), { compress: false });
  const explanation = await explain(place, { packet, client, transport, view: query.get('view') ?? undefined, isDry: true }, run.clock);
  return plain ? { status: 200, body: explanationText(explanation) } : replyJson(explanationJson(explanation));
}
/** The address with this label, or with the longest zone of the name, the first of several. */
function addressOf({ configuration, servers }: Served, name: Name, label: string | undefined): ServedAddress | undefined {
  const { addresses, blocks } = configuration;
  const fit = ({ zones }: (typeof addresses)[number]): number =>
    Math.max(-1, ...zones.map(([zone]) => (name.isUnder(Name.wire(zone)) ? zone.length : -1)));
  const fits = addresses.filter((address) => label === undefined || address.label === label);
  const [best] = fits.toSorted((one, other) => fit(other) - fit(one));
  return best && { address: best, service: servers.get(best.label)!, blocks };
}
