// The zone resolver.arpa, which every resolver has for itself (RFC 9462 section 8.1): what nobody is designated for has no data, and nobody
// else is asked. Knows the name; knows nothing of who is designated.
import { Name } from '../dns/name.ts';
import { rr } from '../dns/rr.ts';
import { SOA } from '../dns/types.ts';
import { CLASS } from '../dns/type-name.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';

/** The zone. */
export const RESOLVER_ARPA: Name = Name.parse('resolver.arpa.');
/** Octets from the end of a question's name at which its last labels begin, and the length of `arpa`. */
const ARPA = 6, RESOLVER = 15, FOUR = 4, EIGHT = 8;
/** As RFC 6303 section 3 has it for the zones that are served locally. */
const TTL = 10_800;
const AUTHORITY = [rr(RESOLVER_ARPA, SOA, TTL, {
  mname: RESOLVER_ARPA, rname: Name.parse('nobody.invalid.'), serial: 1, refresh: 3600, retry: 1200, expire: 604_800, minimum: TTL,
})];

/** Whether a question is of that zone. No name is made for most of those that are not. */
export function isOfResolverArpa(query: Query): boolean {
  const { bytes, at, questionEnd, nameLength } = query;
  const end = at + questionEnd - 4;
  return nameLength >= RESOLVER && bytes[end - ARPA] === FOUR && bytes[end - RESOLVER] === EIGHT && query.class === CLASS.IN
    && query.name.isUnder(RESOLVER_ARPA);
}
/** There is nothing of the type. */
export const noneDesignated = (query: Query): Message => query.reply({ aa: true, authority: AUTHORITY });
