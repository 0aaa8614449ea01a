// A server that listens nowhere, of a Corefile's text: its parts read their files and are asked, and nothing else is opened or written.
// Knows the steps of a load; knows no plugin.
import type { Clock } from '../kernel/clock.ts';
import { MainDesk } from '../kernel/desk.ts';
import { Serving, partsOf } from '../kernel/serving/serving.ts';
import { LogLines } from '../kernel/seen/log-lines.ts';
import type { Log } from '../kernel/seen/log.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import { Shared } from '../kernel/shared.ts';
import { NotKnownHere, failure } from '../kernel/query/outcome.ts';
import { build } from '../kernel/site/build.ts';
import type { Configuration, ReadOptions } from '../kernel/site/build.ts';
import { walkedChain } from '../kernel/site/chain.ts';
import type { Part, Rehearsal, Run } from '../kernel/site/plugin.ts';
import { runOf } from '../kernel/site/run.ts';
import type { NamedPart } from '../kernel/site/site.ts';
import { RCODE } from '../dns/rcode.ts';
import { Name } from '../dns/name.ts';
import { Store } from '../store/store.ts';
import type { ServedAddress } from './ask.ts';

/** What a rehearsal is given. */
export interface RehearsalOptions {
  /** With the plugins that the text names. */
  readonly readOptions: ReadOptions;
  readonly clock: Clock;
  /** Takes warnings and errors. */
  readonly say: (text: string) => void;
  /** How others are asked; undefined where nobody is. */
  readonly datagrams: Run['datagrams'] | undefined;
  /** Whether a part that says nothing of rehearsals is run as on a server: that of an author who writes it. */
  readonly isLive?: boolean;
}
const nobody: Run['datagrams'] = {
  open() {
    throw new Error('nobody is asked here');
  },
};

/** The parts of one Corefile at work. */
export class Rehearsed {
  readonly configuration: Configuration;
  readonly #places: readonly ServedAddress[];
  readonly #abort: AbortController;

  constructor(configuration: Configuration, places: readonly ServedAddress[], abort: AbortController) {
    this.configuration = configuration;
    this.#places = places;
    this.#abort = abort;
  }
  /** The address with this label; without one, that of the longest zone of the name, the first of several. */
  place(name: Name, label?: string): ServedAddress | undefined {
    if (label !== undefined) return this.#places.find(({ address }) => address.label === label);
    const fit = ({ address }: ServedAddress): number =>
      Math.max(-1, ...address.zones.map(([zone]) => (name.isUnder(Name.wire(zone)) ? zone.length : -1)));
    let best: ServedAddress | undefined;
    for (const place of this.#places) if (best === undefined || fit(place) > fit(best)) best = place;
    return best;
  }
  /** The labels of the addresses, in the order of the Corefile. */
  get labels(): readonly string[] {
    return this.#places.map(({ address }) => address.label);
  }
  /** Ends what was begun. */
  end(): void {
    this.#abort.abort();
  }
}

/** Builds and begins a Corefile. Rejects with what would refuse a start. */
export async function rehearse(text: string, { readOptions, clock, say, datagrams, isLive = false }: RehearsalOptions): Promise<Rehearsed> {
  const configuration = build(text, readOptions);
  const asks = datagrams !== undefined;
  const log = logTo(say);
  const metrics = new Metrics();
  for (const plugin of readOptions.plugins) metrics.declare(plugin.metrics ?? {});
  const store = Store.create();
  const abort = new AbortController();
  const serving = new Serving({ transports: {}, clock, log, debugging: { on: false }, metrics, store });
  const run = runOf({
    signal: abort.signal, thread: 0, clock, log, metrics, store, datagrams: datagrams ?? nobody, shared: new Shared(),
    desk: new MainDesk(clock), first: true, configuration, space: store.spaces.take(),
    fatal: (reason) => {
      throw new Error(reason);
    },
  });
  const { servers } = serving.begin(configuration, run, abort);
  for (const site of configuration.sites) site.walked = walkedChain(site, (named) => handlerOf(named, asks, isLive));
  const ways = partsOf(configuration).map((part) => [part, wayOf(part, asks, isLive)] as const);
  for (const [part, way] of ways) if (way === 'as served') await store.reading.within(() => part.control?.(run));
  for (const [part, way] of ways) {
    if (way === 'as served') await store.reading.within(() => part.start?.(run));
    else if (typeof way === 'object') await store.reading.within(() => way.begin?.(run));
  }
  const { addresses, blocks } = configuration;
  const places = addresses.map((address) => ({ address, service: servers.get(address.label)!, blocks }));
  return new Rehearsed(configuration, places, abort);
}

type Way = Rehearsal | 'unknown';
/** What becomes of a part. */
function wayOf({ rehearsal, control, start }: Part, asks: boolean, isLive: boolean): Way {
  if (rehearsal === undefined) return isLive || (control === undefined && start === undefined) ? 'as served' : 'unknown';
  return typeof rehearsal === 'object' && rehearsal.asks === true && asks ? 'as served' : rehearsal;
}
function handlerOf({ name, part }: NamedPart, asks: boolean, isLive: boolean): Part['handle'] {
  const way = wayOf(part, asks, isLive);
  if (way === 'as served') return part.handle;
  if (way === 'looks on') return undefined;
  if (way !== 'unknown') return way.handle ?? part.handle;
  const unknown = failure(RCODE.SERVFAIL, new NotKnownHere(`what ${name} has is known to a running server alone`));
  return () => unknown;
}

/** A log that says warnings and errors alone. */
function logTo(say: (text: string) => void): Log {
  const lines = new LogLines((_bytes, _from, length) => length, () => {});
  const prefixed = (before: string): Log => ({
    lines, debug: () => {}, info: () => {}, warning: (text) => say(`${before}${text}`), error: (text) => say(`${before}${text}`),
    prefix: (plugin) => prefixed(`plugin/${plugin}: `),
  });
  return prefixed('');
}
