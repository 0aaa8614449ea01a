// *rpz* applies response policy zones to questions and answers. Knows its lines; what rules mean is in policy/.
import { FAMILIES } from '../../authority/pulling/counts.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { OPCODE } from '../../dns/rcode.ts';
import { CLASS } from '../../dns/type-name.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Site } from '../../kernel/site/site.ts';
import { openPolicy, policyOf, shownZones } from '../../policy/rpz-part.ts';
import { RPZ_FAMILIES } from '../../policy/rpz-sources.ts';
import type { ResponsePolicy } from '../../policy/rpz.ts';
import { readZones } from './config.ts';
import type { RpzLine } from './config.ts';
import { Feeds } from './feeds.ts';

/** All lines of a block. */
class Rpz implements Part {
  readonly rehearsal = 'as served';
  readonly #zones: readonly RpzLine[];
  readonly #site: Site;
  readonly #feeds: Feeds;
  #policy!: ResponsePolicy;

  constructor(zones: readonly RpzLine[], site: Site) {
    this.#zones = zones;
    this.#site = site;
    this.#feeds = new Feeds(zones.flatMap(({ feed }) => feed ?? []), site);
  }
  whole(sites: readonly Site[]): void {
    this.#feeds.whole(sites);
  }
  async control(run: Run): Promise<void> {
    await this.#feeds.control(run);
    await openPolicy(run, this.#site, 'rpz', this.#zones);
  }
  start(run: Run): void {
    this.#feeds.start(run);
    this.#policy = policyOf(run, this.#site, 'rpz', this.#zones)!;
  }
  started(run: Run): void {
    this.#feeds.started(run);
  }
  handle(query: Query, next: Handler): Answer {
    if (query.opcode === OPCODE.NOTIFY) return this.#feeds.notify(query) ?? next(query);
    if (query.opcode !== OPCODE.QUERY || query.class !== CLASS.IN) return next(query);
    return this.#policy.handle(query, (asked) => next(asked));
  }
}

export default definePlugin({
  name: 'rpz',
  metrics: { ...ZONE_FAMILIES, ...FAMILIES, ...RPZ_FAMILIES },
  parse: readZones,
  create(zones, site) {
    site.put(ShownRules, { by: 'rpz', rules: (counted) => shownZones(zones, counted) });
    return new Rpz(zones, site);
  },
});
