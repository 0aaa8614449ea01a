// *unbound* resolves names from the root, and validates where it is told what to trust; its settings are those of Unbound, and so is
// its file. Knows its lines; what a resolver does is in resolver/.
import type { Directive } from '../../corefile/directive.ts';
import { FAMILIES } from '../../authority/pulling/counts.ts';
import { LOOK, Notices } from '../../authority/pulling/notices.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { every } from '../../kernel/clock.ts';
import type { Query } from '../../kernel/query/query.ts';
import { turnedAway } from '../../kernel/query/turned-away.ts';
import { identify, wantsIdentifier } from '../../kernel/query/identifier.ts';
import { NotKnownHere, drop, failure, onReply } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import { RA, RD } from '../../kernel/query/message.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Lines, Part, ParseContext, Run } from '../../kernel/site/plugin.ts';
import { AnyClass } from '../../kernel/site/site.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import { answerBy, answerFromKept, answerLocally } from '../../resolver/answering.ts';
import { openPolicy, policyOf, shownZones } from '../../policy/rpz-part.ts';
import { RPZ_FAMILIES } from '../../policy/rpz-sources.ts';
import type { PolicyWatch, ResponsePolicy, Truth } from '../../policy/rpz.ts';
import type { RpzZone } from '../../policy/rpz-zone.ts';
import type { Amend, Ended } from '../../resolver/answering.ts';
import { followAnchors, liveAnchors } from '../../resolver/followed-anchors.ts';
import type { LiveAnchors } from '../../resolver/live-anchors.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import { beginWholeZones, openWholeZones } from '../../resolver/open-whole-zones.ts';
import type { OpenWholeZone } from '../../resolver/open-whole-zones.ts';
import { resolverIn } from '../../resolver/running.ts';
import { WholeZones } from '../../resolver/whole-zones.ts';
import type { AccessAction } from './access.ts';
import { amendBy } from './conf-amend.ts';
import { readConf } from './conf.ts';
import type { Conf } from './conf.ts';
import { settingsOf } from './conf-settings.ts';
import type { ConfMeans } from './conf-settings.ts';
import { describe } from './server-names.ts';

/** The line of a block. */
export interface Settings {
  readonly from: Name;
  readonly except: readonly Name[];
  readonly means: ConfMeans;
  /** Settings of the file that have no meaning here. */
  readonly idle: readonly string[];
}

function parse(lines: Lines, context: ParseContext): Settings {
  const [line, again] = lines;
  again?.fail('unbound can stand once in a server block');
  const from = line.more ? nameIn(line) : Name.root;
  line.end();
  const readText = (path: string): string => {
    const octets = context.machine.readFile(path);
    return latin1(octets, 0, octets.length);
  };
  const except: Name[] = [];
  const confs: Conf[] = [];
  /** Where to tell of what the settings mean together. */
  let at = line;
  const read = (property: Directive, path: string, text: (path: string) => string): void => {
    at = property;
    confs.push(property.attempt(() => readConf(path, text), (reason) => property.fail(reason)));
  };
  line.properties({
    except: (property) => {
      except.push(...zonesOf(property.words(1), []).names);
    },
    config: (property) => read(property, property.only(), readText),
    option: (property) => {
      const [name = '', ...values] = property.words(2);
      const text = `server:\n${name.replace(/:$/, '')}: ${values.map((value) => `"${value}"`).join(' ')}\n`;
      read(property, 'option', (path) => (path === 'option' ? text : readText(path)));
    },
  });
  const conf: Conf = { clauses: confs.flatMap(({ clauses }) => clauses), idle: [...new Set(confs.flatMap(({ idle }) => idle))] };
  const means = line.attempt(() => settingsOf(conf, readText), (reason) => at.fail(reason));
  return { from, except, means, idle: conf.idle };
}
function nameIn(line: Directive): Name {
  const text = line.arg();
  return Name.maybe(text) ?? line.fail(`not a name: ${text}`);
}

const WOULD_ASK = failure(RCODE.SERVFAIL, new NotKnownHere('unbound would ask from the root down'));

class Unbound implements Part {
  readonly makesObjects = true;
  readonly #settings: Settings;
  readonly #site: Site;
  #zones!: WholeZones;
  /** Main's. */
  #open: readonly OpenWholeZone[] | undefined = undefined;
  #notices!: Notices;
  #policy: ResponsePolicy | undefined = undefined;
  #amend: Amend | undefined;
  #resolver!: Resolver;
  #live!: LiveAnchors;
  #now!: () => number;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const { names, local, policies } = settings.means;
    if (policies.length > 0) site.put(ShownRules, { by: 'unbound', rules: (counted) => shownZones(policies, counted) });
    if (names.identity !== undefined || names.version !== undefined || local.hasOtherClasses) site.put(AnyClass, true);
  }
  readonly rehearsal = {
    asks: true as const,
    handle: (query: Query, next: Handler): Answer => (this.#takes(query) ? WOULD_ASK : next(query)),
  };
  #takes({ name }: Query): boolean {
    const { from, except } = this.#settings;
    return name.isUnder(from) && !except.some((zone) => name.isUnder(zone));
  }
  async control(run: Run): Promise<void> {
    const { log } = run;
    const { idle } = this.#settings;
    if (idle.length > 0) log.prefix('unbound').info(`settings without meaning here: ${idle.join(', ')}`);
    const { zones, policies } = this.#settings.means;
    this.#open = await openWholeZones(run, this.#site, 'unbound', zones);
    await openPolicy(run, this.#site, 'unbound', this.#zonesOf(policies));
  }
  start(run: Run): void {
    const { resolver, validation, zones, policies, trust } = this.#settings.means;
    this.#policy = policyOf(run, this.#site, 'unbound', this.#zonesOf(policies));
    this.#now = () => run.clock.monotonic();
    this.#amend = amendBy(this.#settings.means.amend, this.#now);
    this.#zones = new WholeZones(zones, this.#site, run);
    this.#notices = new Notices(run.store, `unbound ${this.#site.index}`);
    this.#live = liveAnchors(run, this.#site, trust);
    this.#resolver = resolverIn(run, this.#site, resolver, validation, (world) => this.#zones.within(world), undefined, this.#live);
  }
  started(run: Run): void {
    const { trust, validation } = this.#settings.means;
    if (validation !== undefined) followAnchors(run, 'unbound', trust, this.#live, this.#resolver);
    const open = this.#open ?? [];
    if (open.length === 0) return;
    beginWholeZones(open, this.#resolver);
    const flags = open.map(({ transferred }) => this.#noticesOf(transferred.name));
    every(run.clock, LOOK, run.signal, run.report, () => {
      for (const i of this.#notices.taken(() => flags)) open[i]!.transferred.notified();
    });
  }
  #noticesOf(zone: Name): Flags {
    return this.#notices.flags(`unbound ${this.#site.index} ${zone.text}`);
  }
  #changed(zone: Name): void {
    if (this.#open === undefined) this.#notices.count(this.#noticesOf(zone));
    else this.#open.find(({ transferred }) => transferred.name.equals(zone))?.transferred.notified();
  }
  handle(query: Query, next: Handler): Answer {
    if (query.opcode === OPCODE.NOTIFY) return this.#zones.notify(query, this.#resolver, (zone) => this.#changed(zone)) ?? next(query);
    if (!this.#takes(query)) return next(query);
    const { identifier, mostOverUdp } = this.#settings.means;
    if (query.udpSize > mostOverUdp) query.limitUdpSize(mostOverUdp);
    if (identifier === undefined || !wantsIdentifier(query)) return this.#answer(query, next);
    return onReply(this.#answer(query, next), (reply) => identify(reply, query, identifier), query);
  }
  #answer(query: Query, next: Handler): Answer {
    const { access } = this.#settings.means;
    const address = query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);
    const allowed = access.of(address);
    if (allowed === 'deny') return drop();
    if (allowed === 'refuse') return this.#refuse(query, INFO_CODE.PROHIBITED, '', 0);
    const policy = query.class === CLASS.IN ? this.#policy : undefined;
    const truth: Truth = (asked, watch) => this.#resolved(asked, allowed, next, watch, policy && ((stop, before) =>
      policy.ended(asked, stop.name, stop.servers, before, truth)));
    return policy === undefined ? truth(query, undefined) : policy.handle(query, truth);
  }
  #resolved(query: Query, allowed: AccessAction, next: Handler, watch: PolicyWatch | undefined, ended: Ended | undefined): Answer {
    const { local, names } = this.#settings.means;
    const address = query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);
    const own = describe(query, names) ?? answerLocally(local.answer(query, address), this.#resolver, query, this.#now,
      (each) => this.#zones.has(each));
    if (own !== undefined) return own;
    if (query.class !== CLASS.IN) return next(query);
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return failure(RCODE.REFUSED);
    const zone = this.#zones.answer(query);
    if (zone !== undefined) return zone;
    // Who does not wish for recursion would look into what others asked for.
    if ((query.flags & RD) === 0) {
      if (allowed === 'snoop') return answerFromKept(this.#resolver, query, this.#now);
      return this.#refuse(query, INFO_CODE.NOT_AUTHORITATIVE, 'this server resolves, and has no data of its own', RA);
    }
    if (!query.journey.mayAskOthers()) return turnedAway(query);
    return answerBy(this.#resolver, query, this.#now, { watch, ended, amend: this.#amend });
  }
  #zonesOf(policies: readonly RpzZone[]): RpzZone[] {
    return policies.map((zone) => ({ ...zone, path: this.#site.path(zone.path) }));
  }
  #refuse(query: Query, code: number, text: string, flags: number): Answer {
    query.extendedError = { code, text };
    return failure(RCODE.REFUSED, undefined, flags);
  }
}
export default definePlugin({
  name: 'unbound',
  metrics: { ...ZONE_FAMILIES, ...FAMILIES, ...RPZ_FAMILIES },
  parse,
  create: (settings, site) => new Unbound(settings, site),
});
