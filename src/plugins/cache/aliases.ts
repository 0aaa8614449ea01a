// What of an answer belongs to its question: the CNAME chain that begins at the name, and what its names own. Knows records; knows
// nothing of bytes or of what is kept.
import { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { CNAME } from '../../dns/types.ts';
import type { Query } from '../../kernel/query/query.ts';

/** An answer section, looked at. */
export interface OwnAnswer {
  /** Whether a record of the type stands at the end of the CNAME chain that begins at the question's name. */
  readonly answers: boolean;
  /** The records without those of another class, or of names that the chain does not lead to; the same array where there are none. */
  readonly own: readonly RR[];
}

/** Looks at the answer section of a reply. */
export function readAnswer(query: Query, answer: readonly RR[]): OwnAnswer {
  const fits = (record: RR) => query.class === CLASS.ANY || record.class === query.class;
  const { name, type } = query;
  if (type === TYPE.ANY) return { answers: answer.some((record) => fits(record) && record.name.equals(name)), own: answer };
  const targets = targetsOf(answer.filter((record) => record.type === TYPE.CNAME && fits(record)));
  const names = new Map([[name.key, name]]);
  let last: Name | undefined = name;
  for (let next = targets.get(name.key); next !== undefined; next = targets.get(next.key)) {
    if (next === 'ambiguous' || names.has(next.key)) {
      last = undefined;
      break;
    }
    names.set(next.key, next);
    last = next;
  }
  const belongs = (record: RR) => fits(record) && (names.has(record.name.key) || isAbove(answer, record, names));
  const own = answer.every(belongs) ? answer : answer.filter(belongs);
  if (type === TYPE.CNAME) return { answers: targets.get(name.key) instanceof Name, own };
  return { answers: last !== undefined && answer.some((record) => record.type === type && fits(record) && record.name.equals(last)), own };
}
/** Whether the record is a DNAME above a name of the chain, or one's signature (RFC 6672 section 3.3). */
function isAbove(answer: readonly RR[], { name }: RR, names: ReadonlyMap<string, Name>): boolean {
  if (!answer.some((record) => record.type === TYPE.DNAME && record.name.equals(name))) return false;
  return [...names.values()].some((each) => each.isUnder(name));
}
/** Where each alias points to; RFC 2181 section 10.1 has no second target for one. */
function targetsOf(aliases: readonly RR[]): ReadonlyMap<string, Name | 'ambiguous'> {
  const targets = new Map<string, Name | 'ambiguous'>();
  for (const { name, rdata } of aliases) {
    const { target } = CNAME.values(rdata);
    const known = targets.get(name.key);
    if (known === undefined) targets.set(name.key, target);
    else if (known === 'ambiguous' || !known.equals(target)) targets.set(name.key, 'ambiguous');
  }
  return targets;
}
