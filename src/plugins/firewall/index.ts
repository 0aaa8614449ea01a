// *firewall* decides about questions and answers by rules: expressions, sets, and policy engines (ecosystem 5.1). Knows rules and what is
// done where one decides; what engines think is theirs.
import { OPCODE } from '../../dns/rcode.ts';
import { typeName } from '../../dns/type-name.ts';
import { upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Counted, ShownRule } from '../../kernel/site/shown.ts';
import type { Site } from '../../kernel/site/site.ts';
import { NamedLists, PolicyEngines } from '../../policy/engine.ts';
import type { Decision } from '../../policy/engine.ts';
import { failed, obey } from './act.ts';
import { readFirewall } from './config.ts';
import type { RuleList, Settings } from './config.ts';
import { Asked } from './facts.ts';
import { Judge } from './judge.ts';
import type { Verdict } from './judge.ts';

const LABELS = ['server', 'list', 'line', 'action'];
const FAMILIES = {
  decisions: counter('coredns_firewall_decisions_total', 'Counter of decisions by the line of the rule, 0 for the default.', LABELS),
  reported: counter('coredns_firewall_reported_total', 'Counter of decisions that are only told (report_only).', LABELS),
};
type Direction = 'query' | 'response';

class Firewall implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #notes = { query: noteOf('query'), response: noteOf('response') };
  #asked!: Asked;
  #run!: Run;
  #judges!: Readonly<Record<Direction, Judge>>;
  #waits = false;
  #metrics!: Metrics;
  #cells!: PerServer<Map<string, number>>;
  #log!: Log;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
  }
  /** Policy engines are asked by a running server alone. */
  get rehearsal(): Rehearsal | undefined {
    const { query, response } = this.#settings;
    return [...query.rules, ...response.rules].some(({ deed }) => deed.kind === 'engine') ? undefined : 'as served';
  }
  /** For whoever looks at its rules. A tag decides nothing, so nothing of it is counted. */
  rules(counted: Counted): readonly ShownRule[] {
    return (['query', 'response'] as const).flatMap((list) => {
      const { rules, default: otherwise, reportOnly } = this.#settings[list];
      const hits = (line: number): number => counted(FAMILIES[reportOnly ? 'reported' : 'decisions'], { list, line: String(line) });
      const own = rules.map(({ written, at, line, deed }) => (
        { what: `${list}: ${written}`, at, ...(deed.kind !== 'tag' && { hits: hits(line) }) }));
      return rules.length === 0 && list === 'response' ? [] : [...own, { what: `${list}: ${otherwise} by default`, hits: hits(0) }];
    });
  }
  /** Every engine and every list that a rule names is there. */
  whole(): void {
    const { query, response, lists } = this.#settings;
    const engines = this.#site.all(PolicyEngines);
    for (const { deed, line } of [...query.rules, ...response.rules]) {
      if (deed.kind !== 'engine' || engines.some(({ plugin, name }) => plugin === deed.plugin && name === deed.name)) continue;
      const known = engines.map(({ plugin, name }) => `; there is ${plugin} ${name}`).join('');
      throw new Error(`line ${line}: there is no policy engine ${deed.plugin} ${deed.name} in this block${known}`);
    }
    const known = this.#site.all(NamedLists).map(({ name }) => name);
    for (const name of lists) if (!known.includes(name)) throw new Error(`there is no list ${name} in this block`);
  }
  start(run: Run): void {
    const { query, response } = this.#settings;
    this.#settings.finder = (wanted) => {
      const found = this.#site.all(NamedLists).filter(({ name }) => name === wanted);
      return found.length === 0 ? undefined : ({ query: asked }) => found.some((list) => list.holds(asked));
    };
    this.#run = run;
    this.#asked = new Asked(run.clock);
    const judge = (list: RuleList) => new Judge(list, this.#site.all(PolicyEngines), run.store, this.#site.index);
    this.#judges = { query: judge(query), response: judge(response) };
    this.#waits = [...query.rules, ...response.rules].some(({ deed }) => deed.kind === 'engine');
    this.#metrics = run.metrics;
    this.#cells = new PerServer(() => new Map());
    this.#log = run.log.prefix('firewall');
  }

  handle(query: Query, next: Handler): Answer {
    if (query.opcode !== OPCODE.QUERY) return next(query);
    const asked = this.#waits ? new Asked(this.#run.clock) : this.#asked;
    return this.#judged('query', asked.ask(query), (decision) =>
      (decision === undefined ? this.#onward(query, asked, next) : obey(query, decision)));
  }
  /** The rest of the chain, and rules about what it says. */
  #onward(query: Query, asked: Asked, next: Handler): Answer {
    const { rules, default: otherwise } = this.#settings.response;
    if (rules.length === 0 && otherwise === 'allow') return next(query);
    const after = this.#waits ? (outcome: Outcome) => this.#judgeAnswer(outcome, query, asked) : this.#after;
    return upon(next(query), after, query);
  }
  readonly #after = (outcome: Outcome, query: Query): Answer => this.#judgeAnswer(outcome, query, this.#asked);
  #judgeAnswer(outcome: Outcome, query: Query, asked: Asked): Answer {
    // A transfer, or nothing at all: there is no answer to judge.
    if (outcome.kind !== 'reply' && outcome.kind !== 'failure') return outcome;
    asked.answered(query, outcome.rcode, outcome.kind === 'reply' ? outcome : undefined);
    return this.#judged('response', asked, (decision) => (decision === undefined ? outcome : obey(query, decision)));
  }

  /** Hands on what is to be done: undefined to go on. What a rule cannot say is a failure. */
  #judged(direction: Direction, asked: Asked, act: (decision: Decision | undefined) => Answer): Answer {
    const { query } = asked;
    try {
      const verdict = this.#judges[direction].judge(asked);
      if (!(verdict instanceof Promise)) return act(this.#told(direction, query, verdict));
      return verdict.then((late) => query.reading.within(() => act(this.#told(direction, query, late))),
        (error: unknown) => failed(query, error));
    } catch (error) {
      return failed(query, error);
    }
  }
  /** Counts and notes what was decided. */
  #told(direction: Direction, query: Query, { decision, line }: Verdict): Decision | undefined {
    const list = this.#settings[direction];
    const { action } = decision;
    this.#count(list.reportOnly ? 'reported' : 'decisions', direction, query, line, action);
    query.note(this.#notes[direction][action], line);
    if (action === 'allow') return undefined;
    if (!list.reportOnly) return decision;
    this.#log.info(`${query.clientAddress} ${query.name.text} ${typeName(query.type)} would meet ${this.#notes[direction][action](line)}`);
    return undefined;
  }
  #count(family: keyof typeof FAMILIES, list: Direction, query: Query, line: number, action: string): void {
    const { service } = query.channel;
    const cells = this.#cells.of(service);
    const key = `${family}${list}${line}${action}`;
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = this.#metrics.family(FAMILIES[family]).cell([service.label, list, String(line), action]);
      cells.set(key, cell);
    }
    this.#metrics.values[cell]!++;
  }
}
/** What `explain` says of each action. */
function noteOf(list: Direction): Readonly<Record<Decision['action'], (line: number) => string>> {
  const note = (action: string) => (line: number) => `firewall ${list}: ${action} by ${line === 0 ? 'the default' : `line ${line}`}`;
  return { allow: note('allow'), refuse: note('refuse'), block: note('block'), drop: note('drop'), redirect: note('redirect') };
}

export default definePlugin({
  name: 'firewall',
  metrics: FAMILIES,
  parse: (lines) => readFirewall(lines),
  create(settings, site) {
    const firewall = new Firewall(settings, site);
    site.put(ShownRules, { by: 'firewall', rules: (counted) => firewall.rules(counted) });
    return firewall;
  },
});
