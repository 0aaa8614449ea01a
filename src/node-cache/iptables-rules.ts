// Rules of iptables, twelve an address, as NodeLocal DNSCache has them: each is looked for and put before the others where it is not there.
// They stay until somebody takes them away. Knows iptables' options (ecosystem 2).
import { SetupError, rightsFor } from './setup-error.ts';
import type { RuleSubject, Rules } from './rules.ts';

/** Status of iptables where somebody else held the lock of xtables for too long. */
const LOCKED = 4;
/** Seconds for which that lock is waited for. */
const PATIENCE = '5';
/** How often a rule is taken away that stands there more than once. */
const MOST = 16;
const SKIP = 'NodeLocal DNS Cache: skip conntrack', ALLOW = 'NodeLocal DNS Cache: allow DNS traffic';

interface Rule {
  readonly table: 'raw' | 'filter';
  readonly chain: string;
  readonly words: readonly string[];
}

/** The rules of all addresses. */
export class IptablesRules implements Rules {
  readonly name = 'iptables';
  readonly endByThemselves = false;
  readonly #program: string;
  readonly #rules: readonly Rule[];
  readonly #run: RuleSubject['run'];

  constructor({ addresses, isIPv6, port, healthPort, run }: RuleSubject) {
    this.#program = isIPv6 ? 'ip6tables' : 'iptables';
    this.#run = run;
    this.#rules = addresses.flatMap((address) => rulesOf(address, port, healthPort));
  }
  async ensure(): Promise<boolean> {
    let isNew = false;
    for (const rule of this.#rules) {
      if (await this.#call('-C', rule)) continue;
      await this.#call('-I', rule);
      isNew = true;
    }
    return isNew;
  }
  async renew(): Promise<void> {
    // Nothing of it ends.
  }
  stop(): Promise<void> {
    return this.#delete(({ table, words }) => table === 'raw' && words.includes('-d'));
  }
  remove(): Promise<void> {
    return this.#delete(() => true);
  }
  async #delete(which: (rule: Rule) => boolean): Promise<void> {
    for (const rule of this.#rules.filter(which)) for (let i = 0; i < MOST && await this.#call('-D', rule); i++);
  }

  /** Whether it was done; false where -C or -D found no such rule. Rejects with SetupError. */
  async #call(what: '-C' | '-I' | '-D', { table, chain, words }: Rule): Promise<boolean> {
    const { status, said } = await this.#run(this.#program, ['-w', PATIENCE, '-t', table, what, chain, ...words]);
    if (status === 0) return true;
    if (status === 1 && what !== '-I' && /does a matching rule exist|No chain\/target\/match|Bad rule/.test(said)) return false;
    throw new SetupError(status === LOCKED && /lock/.test(said) ? 'iptables_lock' : 'iptables',
      `${this.#program} -t ${table} ${what} ${chain}: ${said}${rightsFor(said)}`);
  }
}
function rulesOf(address: string, port: number, healthPort: number): readonly Rule[] {
  const rule = (table: Rule['table'], chain: string, protocol: string, side: 's' | 'd', at: number): Rule => ({
    table, chain, words: ['-p', protocol, `-${side}`, address, `--${side}port`, String(at), '-j', table === 'raw' ? 'NOTRACK' : 'ACCEPT',
      '-m', 'comment', '--comment', table === 'raw' ? SKIP : ALLOW],
  });
  const both = (table: Rule['table'], chain: string, side: 's' | 'd') =>
    ['tcp', 'udp'].map((protocol) => rule(table, chain, protocol, side, port));
  return [
    ...both('raw', 'PREROUTING', 'd'), ...both('filter', 'INPUT', 'd'), ...both('raw', 'OUTPUT', 's'), ...both('filter', 'OUTPUT', 's'),
    ...both('raw', 'OUTPUT', 'd'), rule('raw', 'OUTPUT', 'tcp', 'd', healthPort), rule('raw', 'OUTPUT', 'tcp', 's', healthPort),
  ];
}
