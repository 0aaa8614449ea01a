// *hosts* enables serving zone data from a `/etc/hosts` style file. Knows when an address, a name or nothing is the answer.
import { readFile, stat } from 'node:fs/promises';
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
import type { Entries } from './entries.ts';
import { Table } from './table.ts';

const A = 1, PTR = 12, AAAA = 28, SERVFAIL = 2;
/** RFC 8914: Other. */
const OTHER = 0;

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
    return new Table(run.store, `hosts ${run.generation} ${this.#site.index}`);
  }
  async control(run: Run): Promise<void> {
    const { zones, inline, reverse, ttl, reload } = this.#settings;
    const table = this.#open(run);
    const fixed = readEntries(inline.join('\n'), zones, reverse);
    const use = (loaded: Entries | undefined) => table.fill(loaded === undefined ? [fixed] : [loaded, fixed], ttl);
    const file = new HostsFile(this.#path, run, (text) => {
      const loaded = readEntries(text, zones, reverse);
      use(loaded);
      return loaded.count + fixed.count;
    });
    if (!(await file.load())) use(undefined);
    if (reload > 0) every(run.clock, reload, run.signal, run.report, () => file.load().then(() => {}));
    run.signal.addEventListener('abort', () => table.clear(), { once: true });
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
    query.extendedError = { code: OTHER, text: 'the hosts file does not have the name' };
    return failure(SERVFAIL);
  }
  /** HST-6: whether the name has an address of any family. */
  #known(query: Query): boolean {
    return (query.type !== A && this.#table.find(query, A) !== 0) || (query.type !== AAAA && this.#table.find(query, AAAA) !== 0);
  }
}

/** Reads the file when its time or size changed; what cannot be read leaves what was there, and is said once. */
class HostsFile {
  readonly #path: string;
  readonly #run: Run;
  readonly #use: (text: string) => number;
  #seen = '';
  #complaint = '';

  /** `use` takes the text over and says how many entries there are now. */
  constructor(path: string, run: Run, use: (text: string) => number) {
    this.#path = path;
    this.#run = run;
    this.#use = use;
  }
  /** True where something was taken over. */
  async load(): Promise<boolean> {
    const { log: all, metrics } = this.#run;
    const log = all.prefix('hosts');
    try {
      const { mtimeMs, size, mtime } = await stat(this.#path);
      const seen = `${mtimeMs} ${size}`;
      if (seen === this.#seen) return false;
      const count = this.#use(await readFile(this.#path, 'utf8'));
      this.#seen = seen;
      this.#complaint = '';
      metrics.values[metrics.gauge('coredns_hosts_entries', 'The combined number of entries in hosts and Corefile.', ['hostsfile']).cell([this.#path])] = count;
      metrics.values[metrics.gauge('coredns_hosts_reload_timestamp_seconds', 'The timestamp of the last reload of hosts file.').cell([])] = mtime.getTime() / 1000;
      return true;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const complaint = code === 'ENOENT' ? `File does not exist: ${this.#path}`
        : code === 'EISDIR' ? `Hosts file "${this.#path}" is a directory` : `unable to access hosts file '${this.#path}': ${message}`;
      if (complaint !== this.#complaint) log.warning(complaint);
      this.#complaint = complaint;
      return false;
    }
  }
}

export default definePlugin({
  name: 'hosts',
  parse: readSettings,
  create: (settings, site) => new Hosts(settings, site),
});
