// *recursive* resolves names from the root and validates what is signed, from its first line on. Knows its settings and what it counts;
// what a resolver does is in resolver/.
import { FAMILIES } from '../../authority/pulling/counts.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { RCODE } from '../../dns/rcode.ts';
import { CLASS } from '../../dns/type-name.ts';
import { RA, RD } from '../../kernel/query/message.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { turnedAway } from '../../kernel/query/turned-away.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Family, Metrics } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { answerBy, answerLocally } from '../../resolver/answering.ts';
import type { ServerNetwork } from '../../resolver/exchange.ts';
import { followAnchors, liveAnchors } from '../../resolver/followed-anchors.ts';
import type { LiveAnchors } from '../../resolver/live-anchors.ts';
import { LocalZones } from '../../resolver/local-zones.ts';
import { beginWholeZones, openWholeZones } from '../../resolver/open-whole-zones.ts';
import type { OpenWholeZone } from '../../resolver/open-whole-zones.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import { resolverIn } from '../../resolver/running.ts';
import { WholeZones } from '../../resolver/whole-zones.ts';
import { readSettings } from './settings.ts';
import type { Settings } from './settings.ts';

const SENT = counter('coredns_recursive_questions_total', 'Counter of questions that were sent to servers.', ['proto']);
const FAILED = counter('coredns_recursive_failures_total', 'Counter of questions without an answer, by the Extended DNS Error.',
  ['server', 'ede']);

const SPENT = counter('coredns_recursive_limits_total', 'Counter of questions without an answer that had cost too much.', ['limit']);

/** The line of a block. */
class Recursive implements Part {
  readonly makesObjects = true;
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #local: LocalZones;
  #resolver!: Resolver;
  /** Main's. */
  #open: readonly OpenWholeZone[] = [];
  #live!: LiveAnchors;
  #now!: () => number;
  #metrics!: Metrics;
  #failed!: Family;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    // Whoever has servers for a private zone does not want it empty.
    const own = settings.resolver.given.filter(({ zone }) => zone.raw.length > 1);
    this.#local = new LocalZones(own.map(({ zone }) => ({ name: zone, kind: 'nodefault' })), [], true);
  }
  async control(run: Run): Promise<void> {
    this.#open = await openWholeZones(run, this.#site, 'recursive', this.#settings.whole);
  }
  start(run: Run): void {
    const { resolver, validation, whole, trust } = this.#settings;
    const { clock, metrics } = run;
    const log = run.log.prefix('recursive');
    this.#now = () => clock.monotonic();
    this.#metrics = metrics;
    this.#failed = metrics.family(FAILED);
    const sent = metrics.family(SENT);
    const cells = { udp: sent.cell(['udp']), tcp: sent.cell(['tcp']) };
    const zones = new WholeZones(whole, this.#site, run);
    const counted = (world: ServerNetwork): ServerNetwork => zones.within({
      exchange(to, query, tcp, patience, isIt) {
        metrics.values[tcp ? cells.tcp : cells.udp]!++;
        return world.exchange(to, query, tcp, patience, isIt);
      },
    });
    const spent = metrics.family(SPENT);
    this.#live = liveAnchors(run, this.#site, trust);
    this.#resolver = resolverIn(run, this.#site, resolver, validation, counted, {
      spent: (limit) => void metrics.values[spent.cell([limit])]!++,
      reached(family, isReached) {
        if (isReached) log.info(`servers answer by ${family} again`);
        else log.warning(`no server answers by ${family}: the network is gone, the root is asked each second`);
      },
    }, this.#live);
  }
  started(run: Run): void {
    beginWholeZones(this.#open, this.#resolver);
    followAnchors(run, 'recursive', this.#settings.trust, this.#live, this.#resolver);
  }
  readonly #count = (outcome: Outcome, query: Query): Outcome => {
    const code = query.extendedError?.code;
    if (outcome.kind !== 'failure' || code === undefined) return outcome;
    this.#metrics.values[this.#failed.cell([query.channel.service.label, String(code)])]!++;
    return outcome;
  };

  handle(query: Query, next: Handler): Answer {
    const { zones } = this.#settings;
    if (query.class !== CLASS.IN || (!zones.everything && zones.match(query.name) === undefined)) return next(query);
    const { name, type, class: klass } = query;
    const own = answerLocally(this.#local.answer({ name, type, class: klass }), this.#resolver, query, this.#now, () => false);
    if (own !== undefined) return own;
    if ((query.flags & RD) === 0) {
      query.extendedError = { code: INFO_CODE.NOT_AUTHORITATIVE, text: 'this server resolves, and has no data of its own' };
      return failure(RCODE.REFUSED, undefined, RA);
    }
    if (!query.journey.mayAskOthers()) return turnedAway(query);
    return upon(answerBy(this.#resolver, query, this.#now), this.#count, query);
  }
}

export default definePlugin({
  name: 'recursive',
  metrics: { ...ZONE_FAMILIES, ...FAMILIES, sent: SENT, failed: FAILED, spent: SPENT },
  parse: readSettings,
  create: (settings, site) => new Recursive(settings, site),
});
