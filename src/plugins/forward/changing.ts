// The upstreams of one line that come and go, on the main thread: host names that are looked up, Services that are watched. Knows a load;
// what is asked of them is each thread's.
import { pluginError } from '../../corefile/error.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Note } from '../../store/notes.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import { DEFAULT_POOL, UNCOUNTED } from '../../upstream/pool-settings.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { Upstream } from '../../upstream/upstream.ts';
import type { Stanza } from './config.ts';
import { HostNames, KnownNames } from './host-names.ts';
import { OwnBlocks } from './own-blocks.ts';
import { Seats } from './seats.ts';
import { serviceText } from './service-name.ts';
import type { ServiceEntry } from './service-name.ts';
import type { ServiceWatch } from './service-watch.ts';
import { bySystem, byAsking, byResolvers, targetsOf } from './targets.ts';
import type { HostEntry, LookUp } from './targets.ts';
import { timersOf } from './timers-of.ts';

/** Milliseconds that a start waits for an API. */
const STARTUP = 5000;

/** Those of one line. */
export class ChangingUpstreams {
  readonly seats: Seats;
  readonly entries: readonly HostEntry[];
  readonly services: readonly ServiceEntry[];
  readonly #stanza: Stanza;
  readonly #site: Site;
  #names: HostNames | undefined;
  readonly #watches = new Map<ServiceEntry, ServiceWatch>();

  constructor(stanza: Stanza, site: Site) {
    this.#stanza = stanza;
    this.#site = site;
    this.entries = stanza.to.filter((entry) => 'host' in entry);
    this.services = stanza.to.filter((entry) => 'service' in entry);
    this.seats = new Seats(stanza.to.filter((entry) => 'addresses' in entry).flatMap(({ addresses }) => addresses).length);
  }
  /** Whether there are any. */
  get any(): boolean {
    return this.entries.length + this.services.length > 0;
  }

  /** Finds them for all threads; what is found goes into the note. `reseated` hears of numbers that another one had before. */
  async begin(run: Run, note: Note, reseated: (seats: readonly number[]) => void): Promise<void> {
    const { options } = this.#stanza;
    const publish = (error?: Error): void => {
      const seated = this.seats.give(this.#targets());
      reseated(this.seats.fresh);
      note.write(JSON.stringify({ seated, why: error?.message ?? this.#lack() }));
    };
    this.#names = new HostNames({
      entries: this.entries, lookUp: await this.#lookUp(run), clock: run.clock, signal: run.signal,
      known: await run.shared.use(`forward/names ${this.#way}`, run.signal, () => new KnownNames()),
      changed: publish,
      failed: (error) => run.log.prefix('forward').warning(`${error.message}`),
    });
    if (!options.resolveSelf && !options.resolveLater) {
      await this.#names.find().catch((error: unknown) => {
        throw pluginError('forward', error);
      });
    }
    for (const entry of this.services) await this.#watch(run, entry, publish);
    // Of names it is not known yet that there is nobody, of services it is.
    if (this.#targets().length > 0 || this.services.length > 0) publish();
  }
  async #watch(run: Run, entry: ServiceEntry, changed: () => void): Promise<void> {
    const { readApi } = await import('../../kube-api/open-api.ts');
    const { ServiceWatch } = await import('./service-watch.ts');
    const log = run.log.prefix('forward');
    const { kube } = this.#stanza.options;
    const { open, key } = await readApi(kube, { clock: run.clock, log, metrics: run.metrics }).catch((error: unknown) => {
      throw pluginError('forward', error);
    });
    const { endpoint = '', kubeconfig: { file = '', context = '' } = {} } = kube;
    const which = [serviceText(entry), endpoint, file, context, key].join(' ');
    const watch = await run.shared.use(`forward/${which}`, run.signal, () => new ServiceWatch(entry, open));
    this.#watches.set(entry, watch);
    watch.tell({ changed, log }, run.signal);
    await new Promise<void>((resolve) => {
      const cancel = run.clock.after(STARTUP, resolve);
      run.signal.addEventListener('abort', () => resolve(), { once: true });
      void watch.whole.then(() => {
        cancel();
        resolve();
      });
    });
  }
  /** Who is asked: names are known by what those said. */
  get #way(): string {
    const { resolveSelf, resolvers } = this.#stanza.options;
    return resolveSelf ? `self ${this.#site.zones.map(({ text }) => text).join(' ')}` : resolvers.join(' ');
  }
  async #lookUp(run: Run): Promise<LookUp> {
    const { resolvers, resolveSelf, source } = this.#stanza.options;
    if (resolveSelf) {
      const { ask: own } = new OwnBlocks(this.#site, run);
      return (host) => byAsking(host, own);
    }
    if (resolvers.length === 0) return bySystem;
    const timers = await timersOf(run);
    const ids = new RandomIds();
    return byResolvers(resolvers, (address, port) => new Upstream({
      to: { address, port, ...(source === undefined ? {} : { source }) },
      datagrams: run.datagrams, timers, ids, settings: DEFAULT_POOL, counter: UNCOUNTED,
    }));
  }
  #targets(): readonly UpstreamAddress[] {
    return targetsOf(this.#stanza.to, ({ host }) => this.#names!.of(host), (service) => this.#watches.get(service)?.addresses ?? []);
  }
  /** Why no Service has an endpoint. */
  #lack(): string | undefined {
    const [first] = this.#watches;
    return first === undefined ? undefined : `${serviceText(first[0])} ${first[1].stale ?? 'was not told of by the API yet'}`;
  }
  /** Once this server answers, it can be asked itself. */
  started(): void {
    this.#names?.watch();
  }
  /** What nobody knows, or knows no better; undefined where all is known. */
  remark(): string | undefined {
    const unknown = [...(this.#names?.unknown ?? []),
      ...[...this.#watches].filter(([, { addresses }]) => addresses.length === 0).map(([entry]) => serviceText(entry))];
    if (unknown.length > 0) return `forward: no address is known of ${unknown.join(', ')}`;
    const [kept] = [...this.#watches].filter(([, { stale }]) => stale !== undefined);
    return kept === undefined ? undefined : `forward: ${serviceText(kept[0])} ${kept[1].stale}; those that it had last are asked`;
  }
}
