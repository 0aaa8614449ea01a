// The SRV records of a service whose load balancer has host names (KEXT-4): what belongs beside them is asked of this server. Knows how
// services are written; looks up none.
import type { Node } from '../../../authority/backend.ts';
import { ADDITIONAL, ANSWER, hasRoom, hasRoomBeside } from '../../../authority/records.ts';
import type { Place } from '../../../authority/served-zones.ts';
import { latin1 } from '../../../dns/latin1.ts';
import { Name } from '../../../dns/name.ts';
import type { RR } from '../../../dns/rr.ts';
import { TYPE } from '../../../dns/type-name.ts';
import { derive } from '../../../kernel/query/derive.ts';
import { AA } from '../../../kernel/query/message.ts';
import type { Message } from '../../../kernel/query/message.ts';
import type { Query } from '../../../kernel/query/query.ts';
import type { ServiceNode } from '../answers/service-node.ts';

/** A question that came of this many others is not led any further: services may be each other's load balancers. */
const DEEPEST = 4;

/** Records that were made before the reply. */
class RecordsNode implements Node {
  readonly #answer: readonly RR[];
  readonly #additional: readonly RR[];

  constructor(answer: readonly RR[], additional: readonly RR[]) {
    this.#answer = answer;
    this.#additional = additional;
  }
  write(_type: number, reply: Message): void {
    for (const record of this.#answer) {
      if (!hasRoom(reply, sizeOf(record))) return;
      reply.append(record, ANSWER);
    }
    for (const record of this.#additional) {
      if (!hasRoomBeside(reply, sizeOf(record))) return;
      reply.append(record, ADDITIONAL);
    }
  }
}
const sizeOf = ({ name, rdata }: RR): number => name.raw.length + 10 + rdata.length;

/** The SRV records of the node, with the addresses of all targets. Rejects never. */
export async function hostNode(query: Query, place: Place, node: ServiceNode): Promise<Node> {
  // Whoever is asked below may be this plugin again, and the store holds for one turn: everything is written first.
  const { answer, additional } = write(query, place, node);
  const own = new Set(additional.map(({ name }) => name.key));
  const names = answer.map(({ rdata }) => Name.wire(latin1(rdata, 6, rdata.length)));
  const targets = new Map(names.map((name) => [name.key, name]));
  const others = [...targets.values()].filter(({ key }) => !own.has(key));
  const found = await Promise.all(others.flatMap((name) => [ask(query, name, TYPE.A), ask(query, name, TYPE.AAAA)]));
  return new RecordsNode(answer, [...additional, ...distinct(found.flat())]);
}
function write(query: Query, place: Place, node: ServiceNode) {
  const reply = derive(query, {}).begin(AA, 0);
  node.write(TYPE.SRV, reply, query, place);
  return reply.parts();
}

/** What this server answers for a name (LIB-7); nothing where it does not. */
async function ask(query: Query, name: Name, type: number): Promise<readonly RR[]> {
  if (query.depth >= DEEPEST) return [];
  const outcome = await query.resolve({ name, type });
  return outcome.kind === 'reply' ? outcome.parts().answer : [];
}
/** Each record once: two names may lead to the same one. */
function distinct(records: readonly RR[]): Iterable<RR> {
  return new Map(records.map((record) => [`${record.name.key} ${record.type} ${record.rdata.join()}`, record])).values();
}
