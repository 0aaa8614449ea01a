// A service whose load balancer has host names, as records (KEXT-4): what they lead to is asked of this server. Knows how services lie in
// the store; looks up none.
import { cname } from '../../authority/lookup.ts';
import type { Node } from '../../authority/backend.ts';
import type { Place } from '../../authority/served-zones.ts';
import { ADDITIONAL, ANSWER, hasRoom } from '../../authority/write.ts';
import { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import { TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Server } from '../../kernel/serving/serve.ts';
import { addressRecord, serviceRecord } from './cluster-transfer.ts';
import { PORTS, afterPort, externalsAt, le16, servicePorts } from './layout.ts';
import { latin1, portMatches } from './match.ts';
import type { Parsed } from './question.ts';
import { weightOf } from './service-node.ts';

const A = 1, AAAA = 28, SRV = 33;
/** A question that came of this many others is not led any further: services may be each other's load balancers. */
const DEEPEST = 4;

/** A service with names among its externals, and how its records are told. */
export interface Hosted {
  /** Where it lies. It is read at once. */
  readonly bytes: Uint8Array;
  readonly at: number;
  /** Seconds: of addresses, and of SRV and CNAME records. */
  readonly ttl: number;
  readonly serviceTtl: number;
  /** Records before duplicates are left out. */
  readonly count: number;
}

/** Records that were made before the reply. */
class RecordsNode implements Node {
  readonly answer: RR[] = [];
  readonly additional: RR[] = [];
  /** Whether something is missing. */
  truncated = false;

  write(_type: number, reply: Message): void {
    if (this.truncated) reply.setFlags(TC);
    for (const record of this.answer) if (!append(reply, record, ANSWER)) return;
    for (const record of this.additional) if (!append(reply, record, ADDITIONAL)) return;
  }
}
function append(reply: Message, record: RR, section: 6 | 10): boolean {
  if (!hasRoom(reply, record.name.raw.length + 10 + record.rdata.length)) return false;
  reply.append(record, section);
  return true;
}

/** The records that a question for addresses or SRV means. Rejects never. */
export function hostNode(query: Query, place: Place, parsed: Parsed, hosted: Hosted): Promise<Node> {
  const { bytes, at } = hosted;
  // Whoever is asked below may be this plugin again, and the store holds for one turn: everything is copied first.
  const externals = [...externalsAt(bytes, at)].map((each) => (each instanceof Uint8Array ? each : Name.wire(each)));
  if (query.type !== SRV) return aliases(query, externals, hosted);
  const ports: number[] = [];
  let port = servicePorts(bytes, at);
  for (let left = le16(bytes, at + PORTS); left > 0; left--, port = afterPort(bytes, port)) {
    if (bytes[port + 2] !== 1 && portMatches(query.bytes, parsed, bytes, port)) ports.push(le16(bytes, port));
  }
  const start = parsed.service;
  const own = Name.wire(latin1(query.bytes, start, place.at[place.labels]! - start) + place.zone.name.key);
  return services(query, externals, [...new Set(ports)], own, hosted);
}

async function aliases(query: Query, externals: readonly (Uint8Array | Name)[], { ttl, serviceTtl }: Hosted): Promise<Node> {
  const node = new RecordsNode();
  const size = query.type === A ? 4 : 16;
  const found = await Promise.all(externals.map((each) => (each instanceof Name ? ask(query, each, query.type) : undefined)));
  const records = externals.flatMap((each, i) => {
    if (each instanceof Name) return [cname(query.name, each, serviceTtl), ...answersOf(found[i])];
    return each.length === size ? [addressRecord(query.name, ttl, each)] : [];
  });
  node.answer.push(...distinct(records));
  node.truncated = found.some((reply) => reply?.truncated === true);
  return node;
}
async function services(
  query: Query, externals: readonly (Uint8Array | Name)[], ports: readonly number[], own: Name, { ttl, serviceTtl, count }: Hosted,
): Promise<Node> {
  const node = new RecordsNode();
  if (ports.length === 0) return node;
  const weight = weightOf(count);
  const targets = new Map(externals.map((each) => (each instanceof Name ? [each.key, each] : [own.key, own])));
  for (const target of targets.values()) {
    for (const port of ports) node.answer.push(serviceRecord(query.name, serviceTtl, weight, port, target));
  }
  const beside = await Promise.all(externals.flatMap((each): (readonly RR[] | Promise<readonly RR[]>)[] => {
    if (!(each instanceof Name)) return [[addressRecord(own, ttl, each)]];
    return [ask(query, each, A).then(answersOf), ask(query, each, AAAA).then(answersOf)];
  }));
  node.additional.push(...distinct(beside.flat()));
  return node;
}

/** What this server answers for a name (LIB-7); undefined where it does not. */
async function ask(query: Query, name: Name, type: number): Promise<Message | undefined> {
  if (query.depth >= DEEPEST) return undefined;
  const outcome = await (query.channel.service as Server).resolve(query, { name, type });
  return outcome.kind === 'reply' ? outcome : undefined;
}
const answersOf = (reply: Message | undefined): readonly RR[] => reply?.parts().answer ?? [];
/** Each record once: two names may lead to the same one. */
function distinct(records: readonly RR[]): Iterable<RR> {
  return new Map(records.map((record) => [`${record.name.key} ${record.type} ${record.rdata.join()}`, record])).values();
}
