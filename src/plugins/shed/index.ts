// *shed* drops queries over UDP while the replies before them cannot leave (SHED-1, SHED-2). Knows how many replies wait at a socket; how
// they leave is the transport's.
import { once } from '../../corefile/directive.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Lines, ParseContext, Part, Run } from '../../kernel/site/plugin.ts';
import { label } from '../../kernel/site/endpoint.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { drop } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import { quoted } from '../../wording/quote.ts';

/** Replies that may wait at a socket. */
const MOST = 1024;

/** SHED-1: without arguments, and for plain DNS alone. */
function check(lines: Lines, { keys }: ParseContext): void {
  const line = once(lines);
  line.end();
  if (line.body?.[0] !== undefined) line.body[0].fail('shed takes no options');
  for (const key of keys) {
    const transport = key.slice(0, key.indexOf(':'));
    if (transport !== 'dns') line.fail(`only plain DNS server blocks are supported; ${quoted(key)} uses transport ${quoted(transport)}`);
  }
}

const FAMILIES = {
  dropped: counter('coredns_shed_dropped_total', 'Counter of queries and responses dropped, per server, by reason.', ['server', 'reason']),
};

class Shed implements Part {
  readonly rehearsal = 'looks on';
  readonly #site: Site;
  #metrics!: Metrics;
  #cells!: PerServer<{ readonly query: number; readonly response: number }>;

  constructor(site: Site) {
    this.#site = site;
  }
  start({ metrics }: Run): void {
    const family = metrics.family(FAMILIES.dropped);
    const cells = (server: string) => ({ query: family.cell([server, 'query']), response: family.cell([server, 'response']) });
    this.#metrics = metrics;
    this.#cells = new PerServer((server) => cells(server.label));
    for (const { scheme, address, port } of this.#site.endpoints) cells(label(scheme, address, port));
  }

  handle(query: Query, next: Handler): Answer {
    const { channel } = query;
    if (channel.takeLost === undefined) return next(query);
    const lost = channel.takeLost();
    if (lost > 0) this.#metrics.values[this.#cells.of(channel.service).response]! += lost;
    if (channel.queued! < MOST) return next(query);
    this.#metrics.values[this.#cells.of(channel.service).query]!++;
    return drop();
  }
}

export default definePlugin({ name: 'shed', metrics: FAMILIES, parse: check, create: (_, site) => new Shed(site) });
