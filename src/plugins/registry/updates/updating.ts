// What a block has to do with UPDATEs of its registry, from rules to the process's queue of them. Knows loads, threads and counters;
// what is done is store-updates.ts's.
import { takeUpdate } from '../../../authority/updatable.ts';
import { OPCODE } from '../../../dns/rcode.ts';
import type { Closable } from '../../../kernel/shared.ts';
import type { Answer } from '../../../kernel/query/outcome.ts';
import type { Query } from '../../../kernel/query/query.ts';
import { counter } from '../../../kernel/seen/metrics.ts';
import type { Run } from '../../../kernel/site/plugin.ts';
import type { Site } from '../../../kernel/site/site.ts';
import { Audit } from '../audit.ts';
import { mostOf } from '../config.ts';
import type { Settings } from '../config.ts';
import { Directory } from '../directory.ts';
import type { Opened } from '../opened.ts';
import { LiveNames } from '../zones/live-names.ts';
import { StoreUpdates } from './store-updates.ts';
import type { UpdateOrder, Updated } from './store-updates.ts';
import { takeUpdates } from './taking.ts';

/** What is counted. */
export const UPDATE_FAMILIES = {
  updates: counter('coredns_registry_updates_total', 'Counter of updates of a zone, by what was answered.', ['zone', 'rcode']),
};

/** One block's. */
export class Updating {
  readonly #settings: Settings;
  readonly #site: Site;
  #run!: Run;
  #ask!: (order: UpdateOrder) => Promise<Updated>;
  #queue: Queue | undefined = undefined;

  constructor(settings: Settings, site: Site) {
    const { zones, rules } = settings;
    this.#settings = settings;
    this.#site = site;
    if (rules.length === 0) return;
    takeUpdates(site, {
      zones: zones.names, rules, bounds: settings.lease, ask: (order) => this.#ask(order),
      counted: (zone, rcode) => {
        const { metrics } = this.#run;
        metrics.values[metrics.family(UPDATE_FAMILIES.updates).cell([zone, rcode])]! += 1;
      },
      failed: (error) => this.#run.log.prefix('registry').error(`an update has no answer: ${textOf(error)}`),
    });
  }
  /** The queue of the process, where the block takes updates. */
  async control(run: Run, desk: string, opened: Opened): Promise<void> {
    const { rules, path, zones, audit, place } = this.#settings;
    if (rules.length === 0) return;
    this.#queue = await run.shared.use(`${desk} updates ${audit ?? ''}`, run.signal, () => new Queue(run, opened, {
      path, zones, audit, most: mostOf(place),
    }));
  }
  /** `ask` is answered by `serve`, on main. */
  start(run: Run, ask: (order: UpdateOrder) => Promise<Updated>): void {
    this.#run = run;
    this.#ask = ask;
  }
  serve(order: UpdateOrder): Promise<Updated> {
    return this.#queue?.updates.take(order) ?? Promise.reject(new Error('no updates are taken'));
  }
  /** The answer to an UPDATE; undefined: it is none, or the block takes none. */
  answer(query: Query): Answer | undefined {
    return query.opcode === OPCODE.UPDATE && this.#settings.rules.length > 0 ? takeUpdate(this.#site, query) : undefined;
  }
}
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
/** The updates of one registry, over reloads. */
class Queue implements Closable {
  readonly #end = new AbortController();
  readonly updates: StoreUpdates;

  constructor(
    run: Run, opened: Opened, { path, zones, audit, most }: Pick<Settings, 'path' | 'zones' | 'audit'> & { readonly most: number },
  ) {
    const { signal } = this.#end;
    const { clock } = run;
    const log = run.log.prefix('registry');
    const names = new LiveNames({ names: opened.names, path, zones }, signal);
    const refused = (error: Error): void => log.error(`the audit cannot be written: ${error.message}`);
    this.updates = new StoreUpdates({
      directory: new Directory({
        keys: opened.keys, names: opened.names, path, clock, lease: { least: 0, most: 0 }, allowed: () => [], signal,
      }),
      names: () => names.now, most, audit: audit === undefined ? undefined : new Audit(audit, clock, refused),
      failed: (error) => log.error(`an update could not be done: ${textOf(error)}`),
    });
  }
  close(): void {
    this.#end.abort();
  }
}
