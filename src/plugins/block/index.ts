// *block* answers for names that are on lists, and for answers that lead to such names. Knows when a list is asked and what is said then;
// what lists say is in policy/.
import { liesInPrefix } from '../../dns/address.ts';
import { HEADER } from '../../dns/packet.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { CLASS, typeName } from '../../dns/type-name.ts';
import { every } from '../../kernel/clock.ts';
import type { Message } from '../../kernel/query/message.ts';
import { drop, onReply } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Counted, ShownRule } from '../../kernel/site/shown.ts';
import type { Site } from '../../kernel/site/site.ts';
import { denied, redirected } from '../../policy/denial.ts';
import { NamedLists } from '../../policy/engine.ts';
import { LIST_FAMILIES, ListSources } from '../../policy/list-sources.ts';
import { PublishedLists } from '../../policy/published-lists.ts';
import { PublishedTable } from '../../policy/published-table.ts';
import { someTarget } from '../../policy/targets.ts';
import { readBlockLines } from './config.ts';
import type { BlockLine } from './config.ts';

/** Milliseconds between looks at the files; and after the end of a load in which its queries may still be under way. */
const LOOK = 10_000, REST = 30_000;
const FAMILIES = {
  requests: counter('coredns_block_requests_total', 'Counter of DNS requests for names that are on a list.',
    ['server', 'list', 'action', 'view']),
  ...LIST_FAMILIES,
};

/** One line. */
class Block implements Part {
  readonly rehearsal = 'as served';
  readonly #line: BlockLine;
  readonly #site: Site;
  readonly #name: string;
  #sources!: ListSources;
  #lists!: PublishedLists;
  #metrics!: Metrics;
  #log!: Log;

  constructor(line: BlockLine, site: Site, index: number) {
    this.#line = line;
    this.#site = site;
    this.#name = `block ${index}`;
  }
  #open(run: Run): PublishedTable {
    return new PublishedTable(run.store, run.space(this.#site), this.#name);
  }
  async control(run: Run): Promise<void> {
    const { lists, shrink } = this.#line;
    const published = this.#open(run);
    run.signal.addEventListener('abort', () => run.clock.after(REST, () => published.publish(0, '')), { once: true });
    this.#sources = new ListSources(run, 'block', lists, shrink, published);
    await this.#sources.begin();
    every(run.clock, LOOK, run.signal, (error) => run.report(error), () => this.#sources.look());
  }
  /** Lists of others are fetched once this server answers: it may be what says where they are. */
  async started(run: Run): Promise<void> {
    const { remote, bootstrap } = this.#line;
    if (remote.length === 0) return;
    const { Downloads } = await import('./downloads.ts');
    new Downloads(run, 'block', bootstrap, () => this.#sources.look()).begin(remote);
  }
  start(run: Run): void {
    this.#lists = new PublishedLists(this.#open(run));
    this.#metrics = run.metrics;
    this.#log = run.log.prefix('block');
  }

  /** For whoever looks at its lists. */
  rules(counted: Counted): readonly ShownRule[] {
    const { lists, at, action } = this.#line;
    return lists.map(({ name, path, isAllowed }) => ({
      what: `${isAllowed ? 'allow' : action} ${path}`, at, size: counted(LIST_FAMILIES.rules, { list: name }),
      ...(!isAllowed && { hits: counted(FAMILIES.requests, { list: name, action }) }),
    }));
  }
  /** Whether this list is the one by which the name that is asked for would be blocked: for rules that ask. */
  holds(name: string, query: Query): boolean {
    return this.#lists.judge(query.bytes, query.at + HEADER, query) === 'blocked' && this.#listName === name;
  }
  handle(query: Query, next: Handler): Answer {
    if (query.opcode !== OPCODE.QUERY || query.class !== CLASS.IN || !this.#isFor(query)) return next(query);
    const verdict = this.#lists.judge(query.bytes, query.at + HEADER, query);
    if (verdict === 'allowed') return next(query);
    if (verdict === 'none') return onReply(next(query), this.#onTheWayBack, query);
    this.#tell(query, '');
    return this.#line.action === 'none' ? next(query) : this.#answer(query);
  }
  #isFor({ bytes, clientAt, clientLength }: Query): boolean {
    const { clients } = this.#line;
    return clients === undefined || clients.some(({ network, bits }) => liesInPrefix(bytes, clientAt, clientLength, network, bits));
  }
  /** An answer that leads to a name on a list is that name's, whatever the question was. */
  readonly #onTheWayBack = (reply: Message, query: Query): Answer => {
    if (reply.answers === 0) return reply;
    const lists = this.#lists;
    const isBlocked = someTarget(reply, (name) => lists.judge(name, 0, query) === 'blocked');
    if (!isBlocked) return reply;
    this.#tell(query, ' leads to a name that');
    return this.#line.action === 'none' ? reply : this.#answer(query);
  };
  get #listName(): string {
    return this.#line.lists[this.#lists.list]?.name ?? '';
  }
  /** For whoever explains an answer. */
  readonly #remark = (list: number): string => `on the list ${this.#line.lists[list]?.path ?? ''}`;
  #answer(query: Query): Answer {
    const { action, addresses, infoCode } = this.#line;
    if (action === 'drop') return drop();
    query.extendedError = { code: infoCode, text: this.#listName };
    switch (action) {
      case 'refused': return query.begin(0, RCODE.REFUSED);
      case 'nxdomain': return denied(query, RCODE.NXDOMAIN);
      case 'nodata': return denied(query, 0);
      default: return redirected(query, addresses);
    }
  }
  #tell(query: Query, how: string): void {
    const { action, log } = this.#line;
    const { label } = query.channel.service;
    this.#metrics.values[this.#metrics.family(FAMILIES.requests).cell([label, this.#listName, action, this.#site.view])]!++;
    query.note(this.#remark, this.#lists.list);
    if (!log) return;
    const verb = action === 'none' ? 'would be' : 'is';
    this.#log.info(`${query.clientAddress} ${query.name.text} ${typeName(query.type)}${how} ${verb} blocked by ${this.#listName}`);
  }
}

export default definePlugin({
  name: 'block',
  metrics: FAMILIES,
  parse: readBlockLines,
  create: (lines, site) => lines.map((line, i) => {
    const block = new Block(line, site, i);
    site.put(ShownRules, { by: 'block', rules: (counted) => block.rules(counted) });
    for (const { name } of line.lists) site.put(NamedLists, { name, holds: (query) => block.holds(name, query) });
    return block;
  }),
});
