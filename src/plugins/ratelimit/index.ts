// *ratelimit* bounds what a network gets in a second: questions, answers of each class, bytes (ecosystem 6.4). Knows rates and classes of
// replies; accounts are the store's.
import { liesInPrefix } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { TC } from '../../kernel/query/message.ts';
import { Metadata } from '../../kernel/query/metadata.ts';
import type { Provider } from '../../kernel/query/metadata.ts';
import { drop, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Holders } from '../../policy/holders.ts';
import type { Accounts, Terms } from '../../store/accounts.ts';
import { readSettings } from './config.ts';
import type { Kind, Settings } from './config.ts';
import { judge } from './judge.ts';
import type { Judged } from './judge.ts';

const KINDS: readonly Kind[] = ['responses', 'nodata', 'nxdomains', 'referrals', 'errors', 'requests', 'bytes', 'lookups'];
const ACTIONS = ['drop', 'slip', 'report', 'refuse'] as const;
type Action = (typeof ACTIONS)[number];
/** Octets of the label `*`. */
const WILDCARD = 2;
const NO_PROVIDERS: ReadonlyMap<string, Provider> = new Map();
/** Milliseconds between two lines of the log that name a network. */
const QUIET = 10_000;

const EXCEEDED = counter('coredns_ratelimit_exceeded_total', 'Counter of questions and answers above a limit, by what was done.',
  ['server', 'kind', 'action']);
const note = (kind: number): string => `ratelimit: the client's network is over its ${KINDS[kind]}`;

/** The line of a block. */
class RateLimit implements Part {
  readonly rehearsal = 'looks on';
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #terms: readonly Terms[];
  /** Whether anything is looked at on the way back. */
  readonly #judges: boolean;
  readonly #judged: Judged = { kind: 'responses', ending: 0 };
  #accounts!: Accounts;
  #answers!: Holders;
  #clients!: Holders;
  #metrics!: Metrics;
  #log!: Log;
  /** Cells by kind, then by action. */
  #cells!: PerServer<readonly number[]>;
  /** When a network was last named in the log, and how much was above a limit since. */
  #said = -QUIET;
  #untold = 0;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const { rates, window } = settings;
    this.#terms = KINDS.map((kind) => ({ rate: rates[kind], ceiling: Math.max(1, rates[kind]), floor: -window * rates[kind] }));
    this.#judges = KINDS.some((kind) => kind !== 'requests' && rates[kind] > 0);
  }
  start({ store, metrics, log }: Run): void {
    const { accounts, answers, clients } = this.#settings;
    const { hash } = store.memory;
    // Accounts live on over reloads: a reload is no pardon.
    this.#accounts = store.accounts('ratelimit', accounts);
    this.#answers = new Holders(hash, this.#site.index, answers);
    this.#clients = new Holders(hash, this.#site.index, clients);
    this.#metrics = metrics;
    this.#log = log.prefix('ratelimit');
    const family = metrics.family(EXCEEDED);
    this.#cells = new PerServer(({ label }) => KINDS.flatMap((kind) => ACTIONS.map((action) => family.cell([label, kind, action]))));
  }

  handle(query: Query, next: Handler): Answer {
    if (this.#isFree(query)) return next(query);
    const terms = this.#terms[REQUESTS]!;
    if (terms.rate > 0) {
      const left = this.#accounts.spend(this.#clients.ofClient(query, REQUESTS), query.received, terms, 1);
      const refused = left < 0 ? this.#over(query, REQUESTS, this.#clients) : undefined;
      if (refused !== undefined) return refused;
    }
    if (!this.#judges) return next(query);
    if (this.#terms[LOOKUPS]!.rate > 0) this.#lookAhead(query);
    // Whoever answers from a wildcard says so where labels are collected.
    query.journey.metadata ??= new Metadata(NO_PROVIDERS);
    return upon(next(query), this.#after, query);
  }
  /** Who has no look-ups left gets what is kept; others are not asked. */
  #lookAhead(query: Query): void {
    const left = this.#accounts.spend(this.#clients.ofClient(query, LOOKUPS), query.received, this.#terms[LOOKUPS]!, 0);
    query.journey.spent = left < 1 && !this.#settings.reportOnly;
  }
  /** Takes what was asked of others from the account, and tells who was turned away. */
  #spendLookups(query: Query): void {
    const { lookups, turnedAway } = query.journey;
    if (lookups === 0 && !turnedAway) return;
    const left = this.#accounts.spend(this.#clients.ofClient(query, LOOKUPS), query.received, this.#terms[LOOKUPS]!, lookups);
    if (turnedAway) this.#told(query, LOOKUPS, 'refuse', this.#clients);
    else if (left < 0 && this.#settings.reportOnly) this.#told(query, LOOKUPS, 'report', this.#clients);
  }
  /** Whose address is proven, and what this server asks itself, is not limited. */
  #isFree(query: Query): boolean {
    const { bytes, clientAt, clientLength, journey } = query;
    const { zones, except } = this.#settings;
    if (query.stream || journey.depth > 0 || journey.proven || journey.signature?.error === 0 || query.opcode !== OPCODE.QUERY) return true;
    for (const { network, bits } of except) if (liesInPrefix(bytes, clientAt, clientLength, network, bits)) return true;
    return !zones.everything && zones.match(query.name) === undefined;
  }

  /** Made once: what is done on the way back. */
  readonly #after = (outcome: Outcome, query: Query): Answer => {
    if (this.#terms[LOOKUPS]!.rate > 0) this.#spendLookups(query);
    const judged = this.#judged;
    if (outcome.kind === 'reply') judge(outcome, judged);
    else if (outcome.kind === 'failure') {
      judged.kind = 'errors';
      judged.ending = 0;
    } else return outcome;
    if (judged.kind === 'responses' || judged.kind === 'nodata') judged.ending = encloserOf(query);
    const kind = KINDS.indexOf(judged.kind);
    const bytes = outcome.kind === 'reply' ? outcome.length : 0;
    return this.#spendAnswer(query, kind, judged) ?? this.#spendBytes(query, bytes) ?? outcome;
  };
  #spendAnswer(query: Query, kind: number, { ending }: Judged): Outcome | undefined {
    const terms = this.#terms[kind]!;
    if (terms.rate === 0) return undefined;
    const holders = this.#answers;
    const isError = KINDS[kind] === 'errors';
    const holder = isError ? holders.ofClient(query, kind)
      : ending > 0 ? holders.ofEnding(query, kind, ending) : holders.ofQuestion(query, kind);
    return this.#accounts.spend(holder, query.received, terms, 1) < 0 ? this.#over(query, kind, holders) : undefined;
  }
  #spendBytes(query: Query, bytes: number): Outcome | undefined {
    const terms = this.#terms[BYTES]!;
    if (terms.rate === 0 || bytes === 0) return undefined;
    const left = this.#accounts.spend(this.#clients.ofClient(query, BYTES), query.received, terms, bytes);
    return left < 0 ? this.#over(query, BYTES, this.#clients) : undefined;
  }

  /** What is done above a limit: undefined where that is only told. */
  #over(query: Query, kind: number, holders: Holders): Outcome | undefined {
    const { reportOnly, slip } = this.#settings;
    const slips = !reportOnly && slip > 0 && this.#accounts.miss() % slip === 0;
    const action: Action = reportOnly ? 'report' : slips ? 'slip' : 'drop';
    this.#told(query, kind, action, holders);
    if (reportOnly) return undefined;
    return slips ? query.begin(TC, RCODE.NOERROR) : drop();
  }
  #told(query: Query, kind: number, action: Action, holders: Holders): void {
    this.#metrics.values[this.#cells.of(query.channel.service)[kind * ACTIONS.length + ACTIONS.indexOf(action)]!]!++;
    query.note(note, kind);
    this.#tell(query, kind, holders);
  }
  /** One network now and then: whoever is flooded does not write a flood of lines. */
  #tell(query: Query, kind: number, holders: Holders): void {
    this.#untold++;
    if (query.received - this.#said < QUIET) return;
    const others = this.#untold === 1 ? '' : ` (${this.#untold} above limits since the last line)`;
    this.#log.warning(`${holders.network(query)} is over its ${KINDS[kind]}-per-second${others}`);
    this.#said = query.received;
    this.#untold = 0;
  }
}
/** Octets of the name above a wildcard that made the answer; 0 where none did. All that it makes has one account. */
function encloserOf(query: Query): number {
  const wildcard = query.label('zone/wildcard');
  return wildcard === undefined ? 0 : Name.parse(wildcard).raw.length - WILDCARD;
}
const REQUESTS = KINDS.indexOf('requests'), BYTES = KINDS.indexOf('bytes'), LOOKUPS = KINDS.indexOf('lookups');

export default definePlugin({
  name: 'ratelimit',
  aliases: ['rrl'],
  metrics: { exceeded: EXCEEDED },
  parse: readSettings,
  create(settings, site) {
    const limited = KINDS.filter((kind) => settings.rates[kind] > 0);
    site.put(ShownRules, {
      by: 'ratelimit', rules: (counted) => limited.map((kind) => (
        { what: `${kind}-per-second ${settings.rates[kind]}`, hits: counted(EXCEEDED, { kind }) })),
    });
    return new RateLimit(settings, site);
  },
});
