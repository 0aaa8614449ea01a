// A query answered by a resolver: what was resolved as a reply, with the flags that RFC 6840 section 5.7 to 5.9 wants and the reason where
// there is no answer. Knows queries and a resolver; knows no settings.
import type { Name } from '../dns/name.ts';
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Question } from '../dns/parts.ts';
import { rcodeName, RCODE } from '../dns/rcode.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { AD, CD, RA, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { drop, failure, upon } from '../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';
import { RANK, recordsOf, setsOf, targetOf } from './kept-set.ts';
import type { Security } from './kept-set.ts';
import type { LocalAnswer } from './local-zones.ts';
import type { Resolved } from './resolved.ts';
import type { Resolver } from './resolver.ts';
import { failsForSentinel } from './sentinel.ts';
import type { Stop, Watch } from './server-watch.ts';
import type { Ask } from './translation.ts';

/** What was made of an answer, for whoever explains it. */
const WORDS: { readonly [security in Security]: string } = {
  unchecked: 'and nothing of it was validated', bogus: 'and not believed: bogus', insecure: 'of a zone that is not signed: insecure',
  secure: 'and validated: secure',
};
/** What zones of the resolver's own say as an answer; undefined: the world is to be asked. `isOwn` names this server has by itself. */
export function answerLocally(
  found: LocalAnswer | undefined, resolver: Resolver, query: Query, now: () => number, isOwn: (name: Name) => boolean,
): Answer | undefined {
  const { type, class: klass } = query;
  if (found === undefined) return undefined;
  if (found.kind === 'deny') return drop();
  const { rcode, answer, authority, alias } = found;
  // RFC 6672 section 2.2: the alias that is made of the name would be too long.
  if (rcode === RCODE.YXDOMAIN) query.extendedError = { code: INFO_CODE.OTHER, text: 'the name that the alias leads to is too long' };
  const write = (more: readonly RR[] = [], last = rcode): Outcome => {
    const reply = query.reply({ rcode: last, aa: true, answer: [...answer, ...more], authority });
    reply.setFlags(found.kind === 'truncated' && !query.stream ? RA | TC : RA);
    return reply;
  };
  if (alias === undefined) return write();
  if (isOwn(alias)) {
    const goesOn = (outcome: Outcome): Outcome => (outcome.kind === 'reply' ? write(outcome.parts().answer, outcome.rcode) : outcome);
    return upon(query.resolve({ name: alias }), goesOn, query);
  }
  return resolver.resolve({ name: alias, type, class: klass }).then((resolved) => query.reading.within(() =>
    (resolved.rcode === RCODE.SERVFAIL ? outcomeOf(resolved, query, query.name, now())
      : write(resolved.answer.flatMap((set) => recordsOf(set, now(), query.wantsDnssec)), resolved.rcode))));
}
/** What is made of what the resolver finds, before a client hears it; undefined: nobody says anything. */
export type Amend = (question: Question, ask: Ask) => Promise<Resolved | undefined>;
/** What is done besides: somebody looks on, and may end it; what was found is amended. */
export interface Manner {
  readonly watch?: Watch | undefined;
  readonly ended?: Ended | undefined;
  readonly amend?: Amend | undefined;
}
/** What is said where whoever looked on ended it, with the aliases that led there. */
export type Ended = (stop: Stop, before: readonly RR[]) => Answer;
/** Answers from what is kept, where who asks does not wish for more. */
export function answerFromKept(resolver: Resolver, query: Query, now: () => number): Answer {
  const { name, type, class: klass } = query;
  const found = resolver.known({ name, type, class: klass });
  const at = resolver.settings.originalTtl ? undefined : now();
  const told = (known: Resolved): Outcome => outcomeOf(sentinelOf(resolver, known, query), query, name, at);
  return found instanceof Promise ? found.then((known) => query.reading.within(() => told(known))) : told(found);
}
/** Answers queries. `now` is the clock by which the resolver keeps. */
export function answerBy(resolver: Resolver, query: Query, now: () => number, { watch, ended, amend }: Manner = {}): Answer {
  const { name, type, class: klass } = query;
  const question = { name, type, class: klass };
  const isUnchecked = (query.flags & CD) !== 0;
  const resolve: Ask = (each) => (isUnchecked ? resolver.resolveUnchecked(each, watch) : resolver.resolve(each, watch));
  let halted: Resolved | undefined;
  const ask: Ask = async (each) => {
    const found = await resolve(each);
    if (found.stopped !== undefined) halted ??= found;
    // Addresses of another type than what was asked for are what some are made of.
    const instead = each.type === TYPE.A && type !== TYPE.A ? watch?.instead(each.name, addressesOf(found)) : undefined;
    return instead === undefined ? found : replaced(found, instead, (target) => resolve({ ...each, name: target }), now());
  };
  // Who checks signatures himself wants what was signed (RFC 6147 section 5.5).
  const result = amend === undefined || (isUnchecked && query.wantsDnssec) ? resolve(question) : amend(question, ask);
  return result.then((made) => query.reading.within(() => {
    const resolved = halted ?? made;
    if (resolved === undefined) return drop();
    const { stopped, answer, security } = resolved;
    if (query.journey.notes !== undefined) query.note(() => `resolved, ${WORDS[security]}`);
    const at = resolver.settings.originalTtl ? undefined : now();
    if (stopped === undefined || ended === undefined) return outcomeOf(sentinelOf(resolver, resolved, query), query, name, at);
    return ended(stopped, answer.flatMap((set) => recordsOf(set, now(), query.wantsDnssec)));
  }));
}
/** A secure answer by which the client asks for a key of the root fails where that is not as its name says (RFC 8509 section 3). */
function sentinelOf({ trusts }: Resolver, resolved: Resolved, { name, type, flags }: Query): Resolved {
  if (trusts?.sentinel !== true || resolved.security !== 'secure' || (flags & CD) !== 0) return resolved;
  if (!failsForSentinel(name, type, trusts.anchors)) return resolved;
  return { rcode: RCODE.SERVFAIL, answer: [], authority: [], security: 'bogus', why: `a key of the root is not as ${name.text} says`,
    code: INFO_CODE.DNSSEC_BOGUS };
}
/** What a policy says in place of addresses: others, an alias, or nothing. */
async function replaced(
  found: Resolved, instead: readonly RR[], follow: (target: Name) => Promise<Resolved>, now: number,
): Promise<Resolved> {
  const aliases = found.answer.filter(({ type }) => type === TYPE.CNAME);
  const own = setsOf(instead, RANK.ANSWER, now, (ttl) => ttl);
  const [first] = own;
  if (first?.type !== TYPE.CNAME) return { ...found, answer: [...aliases, ...own], security: 'insecure' };
  const further = await follow(targetOf(first.data[0]!));
  return { ...further, answer: [...aliases, first, ...further.answer], security: 'insecure' };
}
const addressesOf = ({ answer }: Resolved): Uint8Array[] => answer.flatMap((set) => (set.type === TYPE.A ? set.data : []));
function outcomeOf(resolved: Resolved, query: Query, name: Name, now: number | undefined): Outcome {
  const { rcode, why, code } = resolved;
  if (rcode === RCODE.SERVFAIL) {
    query.extendedError = { code: code ?? 0, text: why ?? '' };
    return failure(RCODE.SERVFAIL, why === undefined ? undefined : new Error(why), RA);
  }
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN && rcode !== RCODE.YXDOMAIN) {
    return failure(rcode, new Error(rcodeName(rcode)), RA);
  }
  if (code !== undefined) query.extendedError = { code, text: why ?? '' };
  return written(resolved, query, name, now);
}
function written({ rcode, answer, authority, security }: Resolved, query: Query, name: Name, now: number | undefined): Message {
  const wants = query.wantsDnssec;
  const asked: RR[] = [];
  // The owner as it was asked, where it is the same name.
  for (const set of answer) recordsOf(set, now, wants, set.name.equals(name) ? name : set.name, asked);
  const proofs: RR[] = [];
  for (const set of authority) if (wants || set.type === TYPE.SOA || set.type === TYPE.NS) recordsOf(set, now, wants, set.name, proofs);
  const reply = query.reply({ rcode, answer: asked, authority: proofs });
  const isAuthentic = security === 'secure' && (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN);
  reply.setFlags(RA | (isAuthentic && (wants || query.wantsAuthentic) ? AD : 0));
  return reply;
}
