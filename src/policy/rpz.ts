// What response policy zones make of questions and answers (draft-vixie-dnsop-dns-rpz): which rule counts, and what is said then. Knows
// triggers, their order and actions; knows no file and no settings of a line.
import { INFO_CODE } from '../dns/extended-error.ts';
import { Name } from '../dns/name.ts';
import { HEADER } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';
import { record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { WireError } from '../dns/wire-error.ts';
import { derive } from '../kernel/query/derive.ts';
import { AA, RA, TC } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import { drop, upon } from '../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Trigger } from './rpz-owner.ts';
import type { FoundRule, RpzRules } from './rpz-rules.ts';
import { DATA, DROP, NXDOMAIN, PASSTHRU, TCP_ONLY } from './rpz-words.ts';
import { actionOf, recordsAt } from './rpz-zone.ts';
import type { RpzZone } from './rpz-zone.ts';
import { someTarget } from './targets.ts';

/** Aliases that rules may lead along. */
const MOST_ALIASES = 11;
/** Seconds of an alias that a line says. */
const TTL = 3600;

/** A zone and its rules. */
export interface ZoneRules {
  readonly zone: RpzZone;
  readonly rules: RpzRules;
}
/** A rule that counts. */
export interface Hit {
  readonly zone: RpzZone;
  readonly rules: RpzRules;
  readonly trigger: Trigger;
  /** What is done: that of the rule, or what the line says instead. */
  readonly action: number;
  readonly rule: FoundRule;
}
/** Who hears of rules that fit, also of those that change nothing. */
export interface HitListener {
  hit(hit: Hit, query: Query, name: Name, changes: boolean): void;
}
/** Servers that a name would be asked of. */
export interface AskedServers {
  readonly names: readonly Name[];
  readonly addresses: readonly Uint8Array[];
}
/** Looks on while somebody resolves the names of a question, and says where that ends because there is a rule. */
export interface PolicyWatch {
  /** Equal for clients for whom the same zones are. */
  readonly key: string;
  endsAt(name: Name): boolean;
  endsBefore(servers: AskedServers): boolean;
  /** What stands in place of these addresses, under that name, where there is a rule about one of them; undefined where there is none. */
  instead(name: Name, addresses: readonly Uint8Array[]): readonly RR[] | undefined;
}
/** Who says what is true: with somebody who looks on, or without. */
export type Truth = (query: Query, watch: PolicyWatch | undefined) => Answer;

type Finder = (rules: RpzRules, trigger: Trigger) => FoundRule | undefined;
/** What is being done: whether nobody was asked before it. */
interface Act {
  readonly hit: Hit;
  readonly query: Query;
  readonly next: Truth;
  readonly early: boolean;
}

/** The zones of a block in their order. */
export class ResponsePolicy {
  readonly #zones: readonly ZoneRules[];
  readonly #listener: HitListener;
  /** Questions whose answer was made here: nothing is made of that again. */
  readonly #made = new WeakSet<Query>();

  constructor(zones: readonly ZoneRules[], listener: HitListener) {
    this.#zones = zones;
    this.#listener = listener;
  }

  /** Answers a question, or changes what `next` says. */
  handle(query: Query, next: Truth): Answer {
    const hit = this.#early(query);
    if (hit !== undefined) return this.#act({ hit, query, next, early: true }, query.name, [], 0);
    return upon(next(query, this.#watch(query)), (outcome, asked: Query) => this.#late(outcome, asked, next), query);
  }
  /** What is said where resolving ended at a name, or before the servers of its zone, behind aliases. */
  ended(query: Query, name: Name, servers: AskedServers | undefined, before: readonly RR[], next: Truth): Answer {
    const hit = servers === undefined ? this.#name(query, name) : this.#servers(servers, query, name);
    this.#made.add(query);
    return hit === undefined ? next(query, undefined) : this.#act({ hit, query, next, early: false }, name, before, 0);
  }
  #watch(query: Query): PolicyWatch {
    const zones = this.#zones.flatMap(({ zone }, i) => (zone.isFor?.(query) === false ? [] : [i]));
    const ends = (hit: Hit | undefined): boolean => hit !== undefined && !this.#goesOn(hit, query);
    return {
      key: `rpz ${zones.join()}`,
      endsAt: (name) => ends(this.#name(query, name)),
      endsBefore: (servers) => ends(this.#servers(servers, query, query.name)),
      instead: (name, addresses) => {
        const hit = this.#addresses(query, addresses);
        if (hit === undefined || !ends(hit)) return undefined;
        return hit.action === DATA ? ownRecords(hit, name, TYPE.A) : [];
      },
    };
  }
  /** The rule about servers that counts: names before addresses. */
  #servers({ names, addresses }: AskedServers, query: Query, name: Name): Hit | undefined {
    return this.#first(query, name, ['nsdname', 'nsip'], (rules, trigger) => longest(trigger === 'nsdname'
      ? names.map((each) => rules.forName(trigger, each.octets, 0))
      : addresses.map((each) => rules.forAddress('nsip', each, 0, each.length))));
  }

  /** What is known before anybody is asked: the first zone counts, and in it the client before the name. */
  #early(query: Query): Hit | undefined {
    const { bytes, at, clientAt, clientLength } = query;
    return this.#first(query, query.name, ['client-ip', 'qname'], (rules, trigger) => (trigger === 'client-ip'
      ? rules.forAddress(trigger, bytes, clientAt, clientLength) : rules.forName('qname', bytes, at + HEADER)));
  }
  #name(query: Query, name: Name): Hit | undefined {
    const { octets } = name;
    return this.#first(query, name, ['qname'], (rules) => rules.forName('qname', octets, 0));
  }
  /** The first zone that has a rule; those that are disabled only tell. */
  #first(query: Query, name: Name, triggers: readonly Trigger[], find: Finder): Hit | undefined {
    for (const { zone, rules } of this.#zones) {
      if (zone.isFor?.(query) === false) continue;
      let rule: FoundRule | undefined;
      const trigger = triggers.find((each) => rules.has(each) && (rule = find(rules, each)) !== undefined);
      if (rule === undefined || trigger === undefined) continue;
      const { policy } = zone;
      const action = typeof policy === 'object' ? DATA : policy === 'given' || policy === 'disabled' ? rule.action : actionOf(policy);
      const hit: Hit = { zone, rules, trigger, action, rule };
      if (policy !== 'disabled' && zone.reportsOnly !== true) return hit;
      this.#listener.hit(hit, query, name, false);
    }
    return undefined;
  }

  /** Looks at an answer: names that its aliases lead to, then the addresses. */
  #late(outcome: Outcome, query: Query, next: Truth): Answer {
    if (this.#made.delete(query) || outcome.kind !== 'reply' || outcome.answers === 0) return outcome;
    // Most answers have no alias, and most zones no rule about addresses: then nothing is decoded.
    if (!this.#zones.some(({ rules }) => rules.has('ip')) && !someTarget(outcome, () => true)) return outcome;
    const answer = answerOf(outcome);
    for (let i = 0; i < answer.length; i++) {
      if (answer[i]!.type !== TYPE.CNAME || query.type === TYPE.CNAME) continue;
      const target = Name.read(answer[i]!.rdata, 0);
      const hit = this.#name(query, target);
      if (hit === undefined) continue;
      if (this.#goesOn(hit, query)) return this.#pass(hit, query, target, outcome);
      return this.#act({ hit, query, next, early: false }, target, answer.slice(0, i + 1), 0);
    }
    const hit = this.#addresses(query, answer.filter(isAddress).map(({ rdata }) => rdata));
    if (hit === undefined) return outcome;
    if (this.#goesOn(hit, query)) return this.#pass(hit, query, query.name, outcome);
    const addresses = answer.filter(isAddress);
    const before = answer.filter(({ type }) => type === TYPE.CNAME);
    return this.#act({ hit, query, next, early: false }, addresses[0]!.name, before, 0);
  }
  #pass(hit: Hit, query: Query, name: Name, outcome: Outcome): Outcome {
    this.#listener.hit(hit, query, name, true);
    return outcome;
  }
  #addresses(query: Query, addresses: readonly Uint8Array[]): Hit | undefined {
    if (addresses.length === 0) return undefined;
    const find = (rules: RpzRules): FoundRule | undefined => longest(addresses.map((each) => rules.forAddress('ip', each, 0, each.length)));
    return this.#first(query, query.name, ['ip'], find);
  }
  #goesOn({ action }: Hit, { stream }: Query): boolean {
    return action === PASSTHRU || (action === TCP_ONLY && stream);
  }

  /** Does what a rule says about a name that the records of `before` led to. */
  #act(act: Act, name: Name, before: readonly RR[], aliases: number): Answer {
    const { hit, query, next } = act;
    const { action, zone } = hit;
    this.#listener.hit(hit, query, name, true);
    if (this.#goesOn(hit, query)) return next(query, undefined);
    if (action === DROP) return drop();
    query.extendedError = { code: INFO_CODE.BLOCKED, text: zone.name };
    if (action === TCP_ONLY) return query.begin(RA | TC | (act.early ? AA : 0), RCODE.NOERROR);
    if (action !== DATA) return this.#say(hit, query, before, action === NXDOMAIN ? RCODE.NXDOMAIN : RCODE.NOERROR);
    const own = ownRecords(hit, name, query.type);
    const target = own[0]?.type === TYPE.CNAME && query.type !== TYPE.CNAME ? Name.read(own[0].rdata, 0) : undefined;
    if (target === undefined || aliases === MOST_ALIASES) return this.#say(hit, query, [...before, ...own], RCODE.NOERROR);
    return this.#follow(act, target, [...before, ...own], aliases + 1);
  }
  /** What is known of the name that a rule's alias leads to. */
  #follow(act: Act, target: Name, before: readonly RR[], aliases: number): Answer {
    const { query, next, early } = act;
    const hit = this.#name(query, target);
    if (hit !== undefined && !this.#goesOn(hit, query)) return this.#act({ ...act, hit }, target, before, aliases);
    const asked = derive(query, { name: target });
    return upon(next(asked, undefined), (outcome, about: Query): Answer => {
      if (outcome.kind !== 'reply') return outcome;
      const { rcode, answer, authority } = outcome.parts();
      const reply = about.reply({ rcode, answer: [...before, ...answer], authority });
      reply.setFlags(early ? RA | AA : RA);
      return reply;
    }, query);
  }
  /** The reply of a rule: what led here, its own records, and the zone's SOA, by which people find out who says so. */
  #say(hit: Hit, query: Query, answer: readonly RR[], rcode: number): Message {
    const { zone, rules } = hit;
    const { soa } = rules;
    const additional = soa === undefined ? [] : [record(zone.zone, TYPE.SOA, CLASS.IN, soa[1], latin1Bytes(soa[2]))];
    const reply = query.reply({ rcode, aa: hit.trigger !== 'ip', answer, additional });
    if (!zone.signals || rcode !== RCODE.NXDOMAIN) reply.setFlags(RA);
    return reply;
  }
}
/** The records of a rule that has some, or of what the line says instead. */
const ownRecords = ({ zone: { policy }, rule }: Hit, name: Name, type: number): readonly RR[] =>
  (typeof policy === 'object' ? [record(name, TYPE.CNAME, CLASS.IN, TTL, policy.cname.octets)] : recordsAt(name, type, rule.data));
/** The records of the answer; none where they cannot be read: then it is as it came. */
function answerOf(reply: Message): readonly RR[] {
  try {
    return reply.parts().answer;
  } catch (error) {
    if (error instanceof WireError) return [];
    throw error;
  }
}
const isAddress = ({ type }: RR): boolean => type === TYPE.A || type === TYPE.AAAA;
/** The nearest of several rules. */
function longest(rules: readonly (FoundRule | undefined)[]): FoundRule | undefined {
  return rules.reduce((best, rule) => (rule !== undefined && (best === undefined || rule.length > best.length) ? rule : best), undefined);
}
