// *hosts* enables serving zone data from a `/etc/hosts` style file. Knows when an address, a name or nothing is the answer.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { every } from '../../kernel/clock.ts';
import { covers } from '../../kernel/fallthrough.ts';
import { definePlugin } from '../../kernel/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/plugin.ts';
import { AA } from '../../kernel/message.ts';
import { failure } from '../../kernel/outcome.ts';
import type { Answer } from '../../kernel/outcome.ts';
import type { Query } from '../../kernel/query.ts';
import type { Site } from '../../kernel/site.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { readEntries } from './entries.ts';
import { HostsFile } from './hosts-file.ts';
import { Table } from './table.ts';

const A = 1, PTR = 12, AAAA = 28, SERVFAIL = 2;

class Hosts implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #path: string;
  #table!: Table;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#path = site.path(settings.file);
  }

  #open(run: Run): Table {
    return new Table(run.store, `hosts ${run.generation & 1} ${this.#site.index}`);
  }
  async control(run: Run): Promise<void> {
    const { zones, inline, reverse, ttl, reload, named } = this.#settings;
    const table = this.#open(run);
    const fixed = readEntries(inline.join('\n'), zones, reverse);
    table.fill([fixed], ttl);
    run.signal.addEventListener('abort', () => table.clear(), { once: true });
    const file = new HostsFile(this.#path, run, (text) => {
      if (run.signal.aborted) return 0;
      const loaded = readEntries(text, zones, reverse);
      table.fill([loaded, fixed], ttl);
      return loaded.count + fixed.count;
    });
    await file.begin(named);
    if (reload > 0) every(run.clock, reload, run.signal, run.report, () => file.load());
  }
  start(run: Run): void {
    this.#table = this.#open(run);
  }

  handle(query: Query, next: Handler): Answer {
    const { zones, fallthrough, fallsForOtherTypes } = this.#settings;
    const { type } = query;
    if (type !== PTR && !zones.everything && zones.match(query.name) === undefined) return next(query);
    if (type === A || type === AAAA || type === PTR) {
      const entry = this.#table.find(query, type);
      if (entry !== 0) return this.#table.reply(query, entry);
      if (type === PTR) return next(query);
    } else if (fallsForOtherTypes && covers(fallthrough, query.name)) return next(query);
    if (this.#known(query)) return query.begin(AA, 0);
    if (covers(fallthrough, query.name)) return next(query);
    // As CoreDNS: a hosts file has no SOA that an NXDOMAIN could carry, so SERVFAIL.
    query.extendedError = { code: INFO_CODE.OTHER, text: 'the hosts file does not have the name' };
    return failure(SERVFAIL);
  }
  /** HST-6: whether the name has an address of any family. */
  #known(query: Query): boolean {
    return (query.type !== A && this.#table.find(query, A) !== 0) || (query.type !== AAAA && this.#table.find(query, AAAA) !== 0);
  }
}

export default definePlugin({
  name: 'hosts',
  parse: readSettings,
  create: (settings, site) => new Hosts(settings, site),
});
