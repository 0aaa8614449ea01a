// *hosts* enables serving zone data from a `/etc/hosts` style file. Knows when an address, a name or nothing is there.
import { ChangingZone } from '../../authority/changes.ts';
import { Computed } from '../../authority/computed.ts';
import { Lookup } from '../../authority/lookup.ts';
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { every } from '../../kernel/clock.ts';
import { covers } from '../../kernel/site/fallthrough.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Remark } from '../../kernel/query/notes.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Store } from '../../store/store.ts';
import { HostsBackend } from './backend.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { readEntries } from './entries.ts';
import { FAMILIES, HostsFile } from './hosts-file.ts';
import { Table } from './table.ts';

/** Where names of addresses are. */
const ARPA = [Name.parse('in-addr.arpa.'), Name.parse('ip6.arpa.')];
/** Says which names, as wire text, are others now. */
function tellingOf(store: Store, zones: readonly Name[]): (changed: ReadonlySet<string>) => void {
  const changing = zones.map((zone) => new ChangingZone(store, zone));
  return (changed) => {
    const names = [...changed].map((text) => Name.wire(text));
    for (const zone of changing) zone.changed(names);
  };
}

class Hosts implements Part {
  readonly rehearsal = 'as served';
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #path: string;
  #table!: Table;
  #lookup!: Lookup;
  /** Where what it has comes from. */
  readonly #from: Remark;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#path = site.path(settings.file);
    const { inline } = settings;
    this.#from = () => `from ${this.#path}${inline.length > 0 ? ` and ${inline.length} lines of its own` : ''}`;
  }

  #open(run: Run): Table {
    // Handed over with the block's answers that are kept, so that caches hear what became another meanwhile.
    return new Table(run.store, run.space(this.#site, { keep: this.#site.fingerprint }));
  }
  async control(run: Run): Promise<void> {
    const { zones, inline, reverse, ttl, reload, named } = this.#settings;
    const table = this.#open(run);
    const complainOf = (source: string) => (line: number, text: string) =>
      run.log.prefix('hosts').error(`${source}, line ${line}: ${text}`);
    const fixed = readEntries(inline.join('\n'), zones, reverse, complainOf('Inline hosts entries'));
    const tell = tellingOf(run.store, reverse ? [...zones.names, ...ARPA] : zones.names);
    let read = false;
    const file = new HostsFile(this.#path, run, (text) => {
      if (run.signal.aborted) return 0;
      read = true;
      const loaded = readEntries(text, zones, reverse, complainOf(`Hosts file "${this.#path}"`));
      tell(table.fill([loaded, fixed], ttl));
      return loaded.count + fixed.count;
    });
    run.signal.addEventListener('abort', () => file.end(), { once: true });
    await file.begin(named);
    // A table that was handed over is still being read: it is replaced once.
    if (!read) tell(table.fill([fixed], ttl));
    if (reload > 0) every(run.clock, reload, run.signal, run.report, () => file.load());
  }
  start(run: Run): void {
    this.#table = this.#open(run);
    this.#lookup = new Lookup(new Computed(new HostsBackend(this.#settings, this.#table)));
  }

  #has(query: Query): boolean {
    return this.#table.find(query, TYPE.A) !== 0 || this.#table.find(query, TYPE.AAAA) !== 0;
  }
  handle(query: Query, next: Handler): Answer {
    const { type } = query;
    if (type === TYPE.PTR) {
      const entry = this.#table.find(query, TYPE.PTR);
      if (entry === 0) return next(query);
      query.note(this.#from);
      return this.#table.reply(query, entry);
    }
    const { zones, fallthrough, fallsForOtherTypes } = this.#settings;
    if (fallsForOtherTypes && type !== TYPE.A && type !== TYPE.AAAA
      && zones.match(query.name) !== undefined && covers(fallthrough, query.name)) {
      return next(query);
    }
    if (query.journey.notes !== undefined && this.#has(query)) query.note(this.#from);
    return this.#lookup.handle(query, next);
  }
}

export default definePlugin({
  name: 'hosts',
  metrics: FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Hosts(settings, site),
});
