// *registry* keeps names that services register, with leases, and answers them. Knows which names are its own and what a load opens; what
// is answered is skydns's and own-answers.ts's, what the API does operations.ts's.
import { SOURCE_FAMILIES } from '../../authority/source-numbers.ts';
import type { Name } from '../../dns/name.ts';
import { EtcdClient } from '../../key-value/etcd-client.ts';
import { EtcdKeyValue } from '../../key-value/etcd-key-value.ts';
import { secureEtcd } from '../../key-value/etcd-secure.ts';
import { openFileKeys } from '../../key-value/file-key-value.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { Answering } from '../../skydns/answering.ts';
import { ttlLeft } from '../../skydns/found.ts';
import type { Found, Wanted } from '../../skydns/found.ts';
import { keyOf } from '../../skydns/message.ts';
import { SkydnsNames } from '../../skydns/skydns-names.ts';
import { EtcdFeed } from '../../skydns/etcd-feed.ts';
import { TreeIndex } from '../../skydns/tree-index.ts';
import { OwnSource, WatchedFeed } from '../../skydns/watched-feed.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { answerFailing } from './all-failing.ts';
import { mostOf, readSettings } from './config.ts';
import type { Followed, Settings } from './config.ts';
import { Directory } from './directory.ts';
import { openCopy } from './following/open-copy.ts';
import { Opened } from './opened.ts';
import type { CheckCounts } from './opened.ts';
import { ownAnswer } from './own-answers.ts';
import type { Pointer } from './own-answers.ts';
import type { UpdateOrder, Updated } from './updates/store-updates.ts';
import { UPDATE_FAMILIES, Updating } from './updates/updating.ts';
import type { SentDifference } from './zones/given-zones.ts';
import { Giving } from './zones/giving.ts';

/** What is counted. */
const FAMILIES = {
  ...SOURCE_FAMILIES,
  looks: counter('coredns_registry_checks_total', 'Counter of looks at instances that say how they are checked.', ['kind', 'result']),
  turns: counter('coredns_registry_check_changes_total',
    'Counter of instances that are something else because of their checks.', ['state']),
  checked: gauge('coredns_registry_checked_instances', 'Gauge of instances that this server looks at.', ['path']),
  failing: counter('coredns_registry_all_failing_answers_total',
    'Counter of answers with instances that fail their checks, since all of the service do.', ['path']),
  mended: counter('coredns_registry_mended_keys_total',
    'Counter of keys of which the store did not say that they changed, and a comparison did.', ['path']),
};
/** Where the API of a stanza listens. */
const Listening = new Slot<{ readonly address: string; readonly at: Settings['at'] }>('address of the API of a registry');
/** A TTL that a lease gives is within these: what is registered says its own. */
const BOUNDS = { least: 1, most: 86_400 };

/** What a thread asks main. */
type Order = { readonly wanted: Wanted; readonly isWild: boolean } | { readonly address: string }
  | { readonly zone: string; readonly since: number } | UpdateOrder;

class Registry implements Part {
  readonly rehearsal = knownToServer('registry', () => this.#settings.zones.names);
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #desk: string;
  #run!: Run;
  #answering!: Answering;
  readonly #giving: Giving;
  readonly #updating: Updating;
  #opened: Opened | undefined;

  constructor(settings: Settings, site: Site) {
    const { place, path, zones, listen, at } = settings;
    this.#settings = settings;
    this.#site = site;
    if (listen !== undefined) site.put(Listening, { address: listen, at });
    this.#giving = new Giving(zones.names, site);
    this.#updating = new Updating(settings, site);
    this.#desk = `registry ${JSON.stringify([place, path, zones.names.map(({ text }) => text)])}`;
  }

  /** What is asked at an address is asked of one registry. */
  whole(sites: readonly Site[]): void {
    const { listen, at } = this.#settings;
    const first = sites.flatMap((site) => site.all(Listening)).find(({ address }) => address === listen);
    if (first !== undefined && first.at !== at) {
      throw new Error(`the registry of ${first.at.file}:${first.at.line} listens at ${listen} already: each needs an address of its own`);
    }
  }
  async control(run: Run): Promise<void> {
    const { listen, path, lease, zones, allowed, place } = this.#settings;
    const opened = this.#opened = await run.shared.use(this.#desk, run.signal, () => this.#open(run));
    opened.allow(allowed);
    await this.#giving.control(run, this.#desk, { opened, path, zones });
    await this.#updating.control(run, this.#desk, opened);
    run.desk.serve(this.#desk, (order) => this.#find(opened, order as Order), run.signal);
    if (listen === undefined) return;
    const { openApi } = await import('./endpoint.ts');
    const directory = new Directory({
      keys: opened.keys, names: opened.names, path, clock: run.clock, lease, allowed: () => allowed, signal: run.signal,
      most: mostOf(place),
    });
    await openApi(run, { ...this.#settings, listen }, directory, zones.names, this.#site);
  }
  async #open(run: Run): Promise<Opened> {
    const { place, path, zones } = this.#settings;
    const { metrics } = run;
    const count = (family: Parameters<typeof metrics.family>[0], values: readonly string[], number = 1): void => {
      metrics.values[metrics.family(family).cell(values)]! += number;
    };
    const options = {
      word: 'registry', path, isNamed: false, zones: zones.names, mended: (number: number) => count(FAMILIES.mended, [path], number),
    };
    const counts: CheckCounts = {
      looked: (kind, hasPassed) => count(FAMILIES.looks, [kind, hasPassed ? 'pass' : 'fail']),
      turned: (state) => count(FAMILIES.turns, [state]), watching: (number) => count(FAMILIES.checked, [path], number),
    };
    const { clock } = run;
    if ('follow' in place) return this.#copy(run, place);
    if ('folder' in place) {
      const keys = await openFileKeys(place.folder, clock)
        .catch((error: Error) => Promise.reject(new Error(`plugin/registry: ${place.folder} cannot be used: ${error.message}`)));
      return new Opened(keys, new SkydnsNames(run, {
        ...options, store: place.folder, source: new OwnSource(keys),
        feed: (listener) => new WatchedFeed(keys, `/${path}/`, clock, listener),
      }), { run, path, isShared: false, counts });
    }
    const etcd = { places: place.etcd, user: place.user, secure: (each: ApiPlace) => secureEtcd(each, place.tls) };
    return new Opened(new EtcdKeyValue(etcd, clock), new SkydnsNames(run, {
      ...options, store: 'etcd', source: new EtcdClient(etcd, clock),
      feed: (listener) => new EtcdFeed({
        ...listener, client: new EtcdClient(etcd, clock), clock, index: new TreeIndex(), prefix: `/${path}/`,
      }),
    }), { run, path, isShared: true, counts });
  }
  #copy(run: Run, place: Followed): Opened {
    const { path, zones } = this.#settings;
    const store = place.follow.map(({ authority }) => authority).join(', ');
    const { keys, source, feed } = openCopy(run, place, path, zones.names, store);
    const names = new SkydnsNames(run, { word: 'registry', path, isNamed: false, zones: zones.names, store, source, feed, mended() {} });
    return new Opened(keys, names, { run, path, isShared: false, counts: undefined });
  }
  start(run: Run): void {
    const { path, fallthrough, place } = this.#settings;
    this.#run = run;
    this.#giving.start(run, this.#desk, (order) => this.#ask(order) as Promise<SentDifference | undefined>);
    this.#updating.start(run, (order) => this.#ask(order) as Promise<Updated>);
    const allFailing = run.metrics.family(FAMILIES.failing).cell([path]);
    const pointers = async (address: string): Promise<readonly Pointer[]> => await this.#ask({ address }) as readonly Pointer[];
    this.#answering = new Answering({
      rules: { path, apexFallback: false, isNamed: false }, fallthrough, store: 'etcd' in place ? 'etcd' : 'the registry',
      ask: async (key, reach, isWild) => await this.#ask({ wanted: { key, reach, bounds: BOUNDS }, isWild }) as Found,
      own: (sources, name, type, told, later) => ownAnswer({
        path, pointers: (address) => later.get(`address ${address}`, () => pointers(address)),
      }, sources, name, type, told),
      soa: (zone) => this.#giving.soa(zone),
      noted: () => {
        run.metrics.values[allFailing]! += 1;
      },
    }, run, run.log.prefix('registry'));
  }
  remark(): string | undefined {
    return this.#opened?.names.remark;
  }

  handle(query: Query, next: Handler): Answer {
    const updated = this.#updating.answer(query);
    if (updated !== undefined) return updated;
    const zone: Name | undefined = this.#settings.zones.match(query.name);
    return zone === undefined ? next(query) : this.#answering.answer(query, zone, next);
  }
  #ask(order: Order): Promise<unknown> {
    const opened = this.#opened;
    return opened === undefined ? this.#run.desk.ask(this.#desk, order) : Promise.resolve(this.#find(opened, order));
  }
  #find({ names, addresses }: Opened, order: Order): Promise<Found | SentDifference | Updated | undefined> | readonly Pointer[] {
    if ('address' in order) return addresses.of(order.address).map((each) => agedPointer(names, each, this.#settings.path));
    if ('update' in order) return this.#updating.serve(order);
    if ('since' in order) return this.#giving.since(order);
    const { wanted, isWild } = order;
    const all = (key: string): Promise<Found> => names.find({ key, reach: 'below', bounds: BOUNDS });
    return names.find(wanted, isWild).then((found) => answerFailing(found, wanted.key, all));
  }
}

/** What is left of it, where it is of a copy that is away. */
function agedPointer(names: SkydnsNames, { name, ttl }: Pointer, path: string): Pointer {
  const away = names.away(keyOf(path, name.slice(0, -1).split('.')));
  return { name, ttl: away === undefined ? ttl : ttlLeft(ttl, away) };
}

export default definePlugin({
  name: 'registry',
  metrics: { ...FAMILIES, ...UPDATE_FAMILIES },
  parse: readSettings,
  create: (stanzas, site) => stanzas.map((stanza) => new Registry(stanza, site)),
});
