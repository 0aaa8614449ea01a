// *registry* keeps names that services register, with leases, and answers them. Knows which names are its own and what a load opens; what
// is answered is skydns's and own-answers.ts's, what the API does operations.ts's.
import type { Name } from '../../dns/name.ts';
import { EtcdClient } from '../../key-value/etcd-client.ts';
import { EtcdKeyValue } from '../../key-value/etcd-key-value.ts';
import { secureEtcd } from '../../key-value/etcd-secure.ts';
import { openFileKeys } from '../../key-value/file-key-value.ts';
import type { KeyValue } from '../../key-value/key-value.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { Answering } from '../../skydns/answering.ts';
import type { Found, Wanted } from '../../skydns/found.ts';
import { SkydnsNames } from '../../skydns/skydns-names.ts';
import { EtcdFeed } from '../../skydns/etcd-feed.ts';
import { OwnSource, WatchedFeed } from '../../skydns/watched-feed.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { AddressNames } from './address-names.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { Directory } from './directory.ts';
import { ownAnswer } from './own-answers.ts';
import type { Pointer } from './own-answers.ts';

/** What is counted. */
const FAMILIES = {
  mended: counter('coredns_registry_mended_keys_total',
    'Counter of keys of which the store did not say that they changed, and a comparison did.', ['path']),
};
/** A TTL that a lease gives is within these: what is registered says its own. */
const BOUNDS = { least: 1, most: 86_400 };

/** What a process has of one place of keys, over reloads. */
class Opened {
  readonly keys: KeyValue;
  readonly names: SkydnsNames;
  readonly addresses: AddressNames;
  readonly #end = new AbortController();

  constructor(keys: KeyValue, names: SkydnsNames, path: string) {
    this.keys = keys;
    this.names = names;
    this.addresses = new AddressNames(path);
    names.listen((changed) => {
      if (names.index !== undefined) this.addresses.changed(names.index, changed);
    }, this.#end.signal);
    names.follow();
  }
  async close(): Promise<void> {
    this.#end.abort();
    this.names.close();
    await this.keys.close();
  }
}
/** What a thread asks main. */
type Order = { readonly wanted: Wanted; readonly isWild: boolean } | { readonly address: string };

class Registry implements Part {
  readonly rehearsal = knownToServer('registry', () => this.#settings.zones.names);
  readonly #settings: Settings;
  readonly #desk: string;
  #run!: Run;
  #answering!: Answering;
  #opened: Opened | undefined;

  constructor(settings: Settings) {
    const { place, path, zones } = settings;
    this.#settings = settings;
    this.#desk = `registry ${JSON.stringify([place, path, zones.names.map(({ text }) => text)])}`;
  }

  async control(run: Run): Promise<void> {
    const { listen, path, lease, zones } = this.#settings;
    const opened = this.#opened = await run.shared.use(this.#desk, run.signal, () => this.#open(run));
    run.desk.serve(this.#desk, (order) => this.#find(opened, order as Order), run.signal);
    if (listen === undefined) return;
    const { openApi } = await import('./endpoint.ts');
    const directory = new Directory({ keys: opened.keys, names: opened.names, path, clock: run.clock, lease, signal: run.signal });
    await openApi(run, { ...this.#settings, listen }, directory, zones.names);
  }
  async #open(run: Run): Promise<Opened> {
    const { place, path, zones } = this.#settings;
    const options = {
      word: 'registry', path, isNamed: false, zones: zones.names,
      mended: (count: number) => {
        run.metrics.values[run.metrics.family(FAMILIES.mended).cell([path])]! += count;
      },
    };
    const { clock } = run;
    if ('folder' in place) {
      const keys = await openFileKeys(place.folder, clock)
        .catch((error: Error) => Promise.reject(new Error(`plugin/registry: ${place.folder} cannot be used: ${error.message}`)));
      return new Opened(keys, new SkydnsNames(run, {
        ...options, store: place.folder, source: new OwnSource(keys),
        feed: (listener) => new WatchedFeed(keys, `/${path}/`, clock, listener),
      }), path);
    }
    const etcd = { places: place.etcd, user: place.user, secure: (each: ApiPlace) => secureEtcd(each, place.tls) };
    return new Opened(new EtcdKeyValue(etcd, clock), new SkydnsNames(run, {
      ...options, store: 'etcd', source: new EtcdClient(etcd, clock),
      feed: (listener) => new EtcdFeed({ ...listener, client: new EtcdClient(etcd, clock), clock, prefix: `/${path}/` }),
    }), path);
  }
  start(run: Run): void {
    const { path, fallthrough, place } = this.#settings;
    this.#run = run;
    const pointers = async (address: string): Promise<readonly Pointer[]> => await this.#ask({ address }) as readonly Pointer[];
    this.#answering = new Answering({
      rules: { path, apexFallback: false, isNamed: false }, fallthrough, store: 'folder' in place ? 'the registry' : 'etcd',
      ask: async (key, reach, isWild) => await this.#ask({ wanted: { key, reach, bounds: BOUNDS }, isWild }) as Found,
      own: (sources, name, type, told, later) => ownAnswer({
        path, pointers: (address) => later.get(`address ${address}`, () => pointers(address)),
      }, sources, name, type, told),
    }, run, run.log.prefix('registry'));
  }
  remark(): string | undefined {
    return this.#opened?.names.remark;
  }

  handle(query: Query, next: Handler): Answer {
    const zone: Name | undefined = this.#settings.zones.match(query.name);
    return zone === undefined ? next(query) : this.#answering.answer(query, zone, next);
  }
  #ask(order: Order): Promise<unknown> {
    const opened = this.#opened;
    return opened === undefined ? this.#run.desk.ask(this.#desk, order) : Promise.resolve(this.#find(opened, order));
  }
  #find({ names, addresses }: Opened, order: Order): Promise<Found> | readonly Pointer[] {
    return 'address' in order ? addresses.of(order.address) : names.find(order.wanted, order.isWild);
  }
}

export default definePlugin({
  name: 'registry',
  metrics: FAMILIES,
  parse: readSettings,
  create: (stanzas) => stanzas.map((stanza) => new Registry(stanza)),
});
