// One etcd and path as a process has it: what is under a key, from the index where that follows, from etcd where it does not yet; what the
// index lacks is confirmed before it is denied. Knows when to ask whom; makes no DNS. Main's.
import type { Name } from '../../dns/name.ts';
import { Name as Names } from '../../dns/name.ts';
import { ChangingZone } from '../../authority/changes.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { EtcdClient } from '../../key-value/etcd-client.ts';
import type { EtcdPlaces } from '../../key-value/etcd-client.ts';
import { EtcdFeed } from './feed.ts';
import { MOST, foundOf } from '../../skydns/found.ts';
import type { Found, Wanted } from '../../skydns/found.ts';
import { keptOf } from '../../skydns/kept.ts';
import type { Kept } from '../../skydns/kept.ts';
import { KeyIndexWriter } from './key-index-writer.ts';
import { Snapshot } from './snapshot.ts';
import { SILENT } from './view.ts';
import { Leases } from '../../skydns/leases.ts';
import type { LeaseBounds } from '../../skydns/leases.ts';
import { labelsOf } from '../../skydns/message.ts';

/** How an etcd is used. */
export interface RegistryOptions {
  readonly etcd: EtcdPlaces;
  /** Of its index, in every thread. */
  readonly name: string;
  /** Without slashes around it. */
  readonly path: string;
  /** Names have their keys and what is directly below, as external-dns writes it. */
  readonly isNamed: boolean;
  /** Each question is asked of etcd. */
  readonly direct: boolean;
  readonly zones: readonly Name[];
  /** The file in which the index is kept; '' for none. */
  readonly snapshot: string;
}

/** What is counted. */
export const FAMILIES = {
  mended: counter('coredns_etcd_mended_keys_total', 'Counter of keys of which etcd did not say that they changed, and a comparison did.',
    ['path']),
};
/** Milliseconds for which a confirmation counts; confirmations a second; keys that are remembered. */
const CONFIRMED = 1000, RATE = 200, REMEMBERED = 1000;
/** Names that one change may concern before all do. */
const MANY = 1000;

/** One etcd and path. */
export class Registry implements Closable {
  readonly #options: RegistryOptions;
  readonly #clock: Run['clock'];
  readonly #log: Log;
  readonly #client: EtcdClient;
  readonly #feed: EtcdFeed | undefined;
  readonly #index: KeyIndexWriter | undefined;
  readonly #snapshot: Snapshot | undefined;
  readonly #end = new AbortController();
  readonly #leases: Leases;
  readonly #changing: readonly ChangingZone[];
  /** Confirmations under way, or done not long ago: whether something was there, and when that ends. */
  readonly #confirmed = new Map<string, { readonly some: Promise<boolean>; readonly until: number }>();
  #tokens = RATE;
  #tokensAt = 0;
  /** Whether somebody asked with a wildcard: what that was answered is of no name. */
  #isWild = false;
  /** The message that was left out last, and its revision. */
  #left = '';

  constructor({ clock, log, store, metrics }: Pick<Run, 'clock' | 'log' | 'store' | 'metrics'>, options: RegistryOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log.prefix('etcd');
    this.#client = new EtcdClient(options.etcd, clock);
    this.#leases = new Leases(this.#client, clock);
    this.#changing = options.zones.map((zone) => new ChangingZone(store, zone));
    if (options.direct) return;
    const index = this.#index = new KeyIndexWriter(store, options.name, clock);
    this.#feed = new EtcdFeed({
      client: new EtcdClient(options.etcd, clock), clock, index, prefix: `/${options.path}/`, changed: (keys) => this.#changed(keys),
      told: (trouble) => {
        if (trouble === undefined) this.#log.info(`etcd is followed, ${index.size} keys below /${options.path}/`);
        else this.#log.error(`etcd is not followed: ${trouble}`);
      },
      mended: (keys) => {
        metrics.values[metrics.family(FAMILIES.mended).cell([options.path])]! += keys.length;
        const some = keys.slice(0, 3).join(', ');
        this.#log.warning(`etcd did not say that ${keys.length} keys have changed, which a comparison found: ${some}`);
        this.#changed(keys);
      },
    });
    if (options.snapshot === '') return;
    this.#snapshot = new Snapshot({
      file: options.snapshot, prefix: `/${options.path}/`, index, clock, log: this.#log, signal: this.#end.signal,
      contact: () => this.#feed?.contact,
    });
  }
  /** Takes over what was kept, and follows etcd from then on. */
  async begin(): Promise<void> {
    const since = await this.#snapshot?.restore();
    if (since !== undefined) this.#feed?.restored(since);
    this.#snapshot?.keep();
    void this.#feed?.run();
  }
  /** Keeps what is known, before the process ends. */
  async drain(): Promise<void> {
    await this.#snapshot?.saveLast();
  }
  close(): void {
    this.#end.abort();
    this.#feed?.close();
    this.#index?.close();
    this.#client.close();
  }
  /** What an operator shall know; undefined where all is well. */
  get remark(): string | undefined {
    const trouble = this.#feed?.trouble;
    return trouble === undefined ? undefined : `etcd is not followed since ${new Date(trouble.since).toISOString()}: ${trouble.why}`;
  }

  /** What is under a key. Rejects where nobody says. */
  async find({ key, reach, bounds }: Wanted, isWild = false): Promise<Found> {
    this.#isWild ||= isWild;
    const index = this.#index;
    if (index === undefined || index.state === 0) return this.#made(await this.#ask(key, reach), reach, bounds, undefined);
    let kept = reach === 'name' ? index.named(key, MOST) : filled(index.range(key, reach === 'below', MOST));
    let stale = this.#feed?.trouble === undefined ? undefined : SILENT;
    if (kept === undefined) {
      try {
        if (await this.#isThere(key)) kept = await this.#ask(key, reach);
      } catch {
        stale ??= SILENT;
      }
    }
    return this.#made(kept, reach, bounds, stale);
  }
  async #made(kept: readonly Kept[] | undefined, reach: Wanted['reach'], bounds: LeaseBounds, stale: string | undefined): Promise<Found> {
    const left = new Map<bigint, number>();
    for (const { lease } of kept ?? []) if (lease !== 0n && !left.has(lease)) left.set(lease, await this.#leases.ttl(lease, bounds));
    return foundOf(kept, reach, stale, (lease) => left.get(lease)!, (each) => this.#tellLeft(each));
  }
  /** Of a name with more messages the one that cannot be used is left out, and said once. */
  #tellLeft({ key, wrong, revision }: Kept): void {
    const said = `${key} ${revision}`;
    if (said === this.#left) return;
    this.#left = said;
    this.#log.warning(`a message cannot be used, and is left out: ${key}: ${wrong}`);
  }
  /** As CoreDNS asks: all below, and where that is nothing the key itself; undefined: there is nothing. */
  async #ask(key: string, reach: Wanted['reach']): Promise<Kept[] | undefined> {
    const below = reach === 'key' ? [] : (await this.#client.range(`${key}/`, true, MOST)).found.map(keptOf);
    if (reach === 'below' && below.length > 0) return below;
    const own = (await this.#client.range(key, false, 1)).found.map(keptOf);
    if (reach !== 'name' || below.length + own.length === 0) return filled(own);
    return [...own, ...below.filter((each) => isDirectlyBelow(key, each.key))];
  }
  /** Whether etcd has what the index lacks: asked once a second and key, and by no more than so many keys. */
  #isThere(key: string): Promise<boolean> {
    const now = this.#clock.monotonic();
    const known = this.#confirmed.get(key);
    if (known !== undefined && known.until > now) return known.some;
    this.#tokens = Math.min(RATE, this.#tokens + (now - this.#tokensAt) * RATE / 1000);
    this.#tokensAt = now;
    if (this.#tokens < 1 || this.#feed?.trouble !== undefined) return Promise.resolve(false);
    this.#tokens--;
    if (this.#confirmed.size >= REMEMBERED) this.#confirmed.delete(this.#confirmed.keys().next().value!);
    const some = this.#client.hasAny(key);
    this.#confirmed.delete(key);
    this.#confirmed.set(key, { some, until: now + CONFIRMED });
    return some;
  }
  /** A change is of the name of its key and of all above it, whose answers have it too. */
  #changed(keys: readonly string[] | undefined): void {
    this.#confirmed.clear();
    // Where names are made of stored wildcards, what a key hides or shows may be any name below the one above it.
    const isAny = this.#isWild || (this.#options.isNamed && this.#index?.hasStars === true);
    const names = keys === undefined || isAny || keys.length > MANY ? undefined : this.#namesOf(keys);
    for (const zone of this.#changing) zone.changed(names);
  }
  #namesOf(keys: readonly string[]): Name[] | undefined {
    const names = new Map<string, Name>();
    for (const key of keys) {
      const labels = labelsOf(this.#options.path, key);
      for (let i = 0; i < labels.length; i++) {
        const text = labels.slice(i).join('.');
        if (!names.has(text)) {
          try {
            names.set(text, Names.of(labels.slice(i)));
          } catch {
            // No question could have that name.
          }
        }
      }
    }
    return names.size > MANY ? undefined : [...names.values()];
  }
}

const filled = (kept: Kept[]): Kept[] | undefined => (kept.length === 0 ? undefined : kept);
function isDirectlyBelow(key: string, other: string): boolean {
  const part = other.slice(key.length + 1);
  return part !== '*' && !part.includes('/');
}
