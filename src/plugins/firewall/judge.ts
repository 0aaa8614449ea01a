// Goes through rules in their order until one decides. Knows rules, engines and accounts; does nothing about what is decided.
import { Name } from '../../dns/name.ts';
import { Holders } from '../../policy/holders.ts';
import type { Decision, PolicyEngine } from '../../policy/engine.ts';
import type { Accounts, Terms } from '../../store/accounts.ts';
import type { Store } from '../../store/store.ts';
import type { FirewallRule, RuleList } from './config.ts';
import type { Asked } from './facts.ts';

/** What was decided, and by the rule of which line: 0 for the default. */
export interface Verdict {
  readonly decision: Decision;
  readonly line: number;
}
/** Accounts for `rate`, and the bits of a client's address. */
const ACCOUNTS = 65_536, CLIENT = { ipv4: 32, ipv6: 56 };
/** Seconds that whoever went on is held back at most. */
const WINDOW = 15;

/** Tries one rule: undefined where it does not decide. */
type Trial = (asked: Asked) => Verdict | undefined | Promise<Verdict | undefined>;

/** The rules of one direction. */
export class Judge {
  readonly #trials: readonly Trial[];
  readonly #default: Verdict;
  readonly #accounts: Accounts | undefined;
  readonly #holders: Holders;

  constructor({ rules, default: action }: RuleList, engines: readonly PolicyEngine[], store: Store, block: number) {
    const limits = rules.some(({ deed }) => deed.kind === 'rate');
    this.#accounts = limits ? store.accounts('firewall', ACCOUNTS) : undefined;
    this.#holders = new Holders(store.memory.hash, block, CLIENT);
    this.#default = { decision: { action }, line: 0 };
    this.#trials = rules.map((rule) => this.#trial(rule, engines));
  }
  /** Throws, or rejects with, what is wrong with a rule or an engine. */
  judge(asked: Asked): Verdict | Promise<Verdict> {
    return this.#from(0, asked);
  }
  #from(first: number, asked: Asked): Verdict | Promise<Verdict> {
    const trials = this.#trials;
    for (let i = first; i < trials.length; i++) {
      const verdict = trials[i]!(asked);
      if (verdict instanceof Promise) {
        return verdict.then((late) => late ?? asked.query.reading.within(() => this.#from(i + 1, asked)));
      }
      if (verdict !== undefined) return verdict;
    }
    return this.#default;
  }

  #trial({ deed, rule, line }: FirewallRule, engines: readonly PolicyEngine[]): Trial {
    const fits = (asked: Asked): boolean => {
      try {
        return rule!.fits(asked);
      } catch (error) {
        throw new Error(`line ${line}: ${(error as Error).message}`, { cause: error });
      }
    };
    switch (deed.kind) {
      case 'action': {
        const verdict = { decision: deed, line };
        // Whoever asks for the name that it leads to is there.
        const target = deed.redirect?.name === undefined ? undefined : Name.wire(deed.redirect.name);
        if (target !== undefined) return (asked) => (fits(asked) && !asked.query.name.equals(target) ? verdict : undefined);
        return (asked) => (fits(asked) ? verdict : undefined);
      }
      case 'tag': return (asked) => {
        if (fits(asked)) asked.tag(deed.name, deed.value);
        return undefined;
      };
      case 'rate': {
        const terms = { rate: deed.most, ceiling: Math.max(1, deed.most), floor: -WINDOW * deed.most };
        const verdict: Verdict = { decision: { action: 'drop' }, line };
        return (asked) => (fits(asked) && this.#isOver(asked, line, terms) ? verdict : undefined);
      }
      default: {
        const engine = engines.find(({ plugin, name }) => plugin === deed.plugin && name === deed.name)!;
        const verdictOf = (decision: Decision | undefined) => (decision === undefined ? undefined : { decision, line });
        return (asked) => {
          const decision = engine.decide(asked);
          return decision instanceof Promise ? decision.then(verdictOf) : verdictOf(decision);
        };
      }
    }
  }
  #isOver({ query }: Asked, line: number, terms: Terms): boolean {
    return this.#accounts!.spend(this.#holders.ofClient(query, line), query.received, terms, 1) < 0;
  }
}
