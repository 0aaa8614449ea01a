// What becomes of answers with addresses of some networks, as an owner decides. Knows answers and rules; asks by what it is handed.
import type { CIDR } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { RANK } from './kept-set.ts';
import type { KeptSet } from './kept-set.ts';
import { nearestOf } from './nearest.ts';
import type { Resolved } from './resolved.ts';
import type { Ask } from './translation.ts';

/** What is done with an answer. */
export type AddressAction = (typeof ADDRESS_ACTIONS)[number];
/** All of them. */
export const ADDRESS_ACTIONS = [
  'inform', 'inform_deny', 'inform_redirect', 'deny', 'redirect', 'always_transparent', 'always_refuse', 'always_nxdomain', 'always_nodata',
  'always_deny',
] as const;

/** A network, what is done with its addresses, and the records that stand for them. */
export interface AddressRule {
  readonly network: CIDR;
  readonly action: AddressAction;
  readonly data: readonly RR[];
}
/** How often an alias that stands for an address is followed. */
const MOST_ALIASES = 8;

/** Rules. */
export class AddressRules {
  readonly #rules: readonly AddressRule[];
  readonly #now: () => number;
  constructor(rules: readonly AddressRule[], now: () => number) {
    this.#rules = rules;
    this.#now = now;
  }

  /** What becomes of an answer; undefined: nobody says anything. What is bogus or failed stays that. */
  async apply(question: Question, found: Resolved, ask: Ask, depth = 0): Promise<Resolved | undefined> {
    if (found.rcode !== RCODE.NOERROR) return found;
    for (const [i, set] of found.answer.entries()) {
      if (set.type !== TYPE.A && set.type !== TYPE.AAAA) continue;
      const rule = set.data.map((address) => nearestOf(this.#rules, address)).find((each) => each !== undefined);
      if (rule !== undefined) return this.#act(rule, question, found, i, ask, depth);
    }
    return found;
  }
  async #act(
    { action, data }: AddressRule, question: Question, found: Resolved, at: number, ask: Ask, depth: number,
  ): Promise<Resolved | undefined> {
    switch (action) {
      case 'inform': case 'always_transparent': return found;
      case 'deny': case 'inform_deny': case 'always_deny': return undefined;
      case 'always_refuse': return said(RCODE.REFUSED, []);
      case 'always_nxdomain': return said(RCODE.NXDOMAIN, []);
      case 'always_nodata': return said(RCODE.NOERROR, []);
      default: return this.#redirected(data, question, found, at, ask, depth);
    }
  }
  async #redirected(
    data: readonly RR[], question: Question, { answer }: Resolved, at: number, ask: Ask, depth: number,
  ): Promise<Resolved | undefined> {
    const { name, type } = answer[at]!;
    const before = answer.slice(0, at);
    const own = data.filter((rr) => rr.type === type);
    if (own.length > 0) return said(RCODE.NOERROR, [...before, this.#made(name, own)]);
    const [alias] = data.filter((rr) => rr.type === TYPE.CNAME);
    if (alias === undefined) return said(RCODE.NOERROR, before);
    if (depth >= MOST_ALIASES) return { ...said(RCODE.SERVFAIL, []), why: 'too many aliases stand for addresses', code: 0 };
    const target = { ...question, name: Name.read(alias.rdata, 0) };
    const further = await this.apply(target, await ask(target), ask, depth + 1);
    if (further === undefined || further.rcode === RCODE.SERVFAIL) return further;
    return { ...further, security: 'insecure', answer: [...before, this.#made(name, [alias]), ...further.answer] };
  }
  #made(name: Name, records: readonly RR[]): KeptSet {
    const { type, class: klass, ttl } = records[0]!;
    return { name, type, class: klass, data: records.map(({ rdata }) => rdata), signatures: [], ttl, until: this.#now() + ttl * 1000,
      rank: RANK.ANSWER, security: 'insecure' };
  }
}
const said = (rcode: number, answer: readonly KeptSet[]): Resolved =>
  ({ rcode, answer, authority: [], security: 'insecure', why: undefined, code: undefined });
