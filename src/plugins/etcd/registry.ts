// One etcd and path as a process has it: its names, and the index and the snapshot that stand behind them. Knows what begins and ends when;
// makes no DNS. Main's.
import type { Name } from '../../dns/name.ts';
import { SOURCE_FAMILIES } from '../../authority/source-numbers.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { EtcdClient } from '../../key-value/etcd-client.ts';
import type { EtcdPlaces } from '../../key-value/etcd-client.ts';
import { EtcdFeed } from '../../skydns/etcd-feed.ts';
import { SkydnsNames } from '../../skydns/skydns-names.ts';
import { KeyIndexWriter } from './key-index-writer.ts';
import { Snapshot } from './snapshot.ts';

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
  ...SOURCE_FAMILIES,
  mended: counter('coredns_etcd_mended_keys_total', 'Counter of keys of which etcd did not say that they changed, and a comparison did.',
    ['path']),
};

/** One etcd and path. */
export class Registry implements Closable {
  readonly names: SkydnsNames<KeyIndexWriter>;
  readonly #index: KeyIndexWriter | undefined;
  readonly #snapshot: Snapshot | undefined;
  readonly #end = new AbortController();
  #feed: EtcdFeed<KeyIndexWriter> | undefined;

  constructor(run: Pick<Run, 'clock' | 'log' | 'store' | 'metrics'>, options: RegistryOptions) {
    const { clock, log, store, metrics } = run;
    const { etcd, name, path, isNamed, direct, zones, snapshot: file } = options;
    const prefix = `/${path}/`;
    const index = this.#index = direct ? undefined : new KeyIndexWriter(store, name, clock);
    this.names = new SkydnsNames<KeyIndexWriter>(run, {
      word: 'etcd', store: 'etcd', source: new EtcdClient(etcd, clock), path, isNamed, zones,
      feed: index && ((listener) => {
        this.#feed = new EtcdFeed({ ...listener, client: new EtcdClient(etcd, clock), clock, index, prefix });
        return this.#feed;
      }),
      mended: (count) => {
        metrics.values[metrics.family(FAMILIES.mended).cell([path])]! += count;
      },
    });
    if (index === undefined || file === '') return;
    this.#snapshot = new Snapshot({
      file, prefix, index, clock, log: log.prefix('etcd'), signal: this.#end.signal, contact: () => this.#feed?.contact,
    });
  }
  /** Takes over what was kept, and follows etcd from then on. */
  async begin(): Promise<void> {
    const since = await this.#snapshot?.restore();
    if (since !== undefined) this.#feed?.restored(since);
    this.#snapshot?.keep();
    this.names.follow();
  }
  /** Keeps what is known, before the process ends. */
  async drain(): Promise<void> {
    await this.#snapshot?.saveLast();
  }
  close(): void {
    this.#end.abort();
    this.names.close();
    this.#index?.close();
  }
}
