// A hosts file on the disk: read when the configuration is loaded, and again when its time or size changed. Knows files and what to
// say of one that cannot be read; knows nothing of names or answers.
import { readFile, stat } from 'node:fs';
import type { Stats } from 'node:fs';
import { gauge } from '../../kernel/seen/metrics.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';

/** What is told of hosts files. */
export const FAMILIES = {
  entries: gauge('coredns_hosts_entries', 'The combined number of entries in hosts and Corefile.', ['hostsfile']),
  reloaded: gauge('coredns_hosts_reload_timestamp_seconds', 'The timestamp of the last reload of hosts file.'),
};

// By calls back: Node's promises of files are a part of their own, which takes 3 ms of a start.
const statOf = (path: string): Promise<Stats> =>
  new Promise((resolve, reject) => stat(path, (error, found) => (error ? reject(error) : resolve(found))));
const textOf = (path: string): Promise<string> =>
  new Promise((resolve, reject) => readFile(path, 'utf8', (error, text) => (error ? reject(error) : resolve(text))));

/** What cannot be read leaves what was there, and is said once. */
export class HostsFile {
  readonly #path: string;
  readonly #run: Run;
  readonly #use: (text: string) => number;
  #seen = '';
  #complaint = '';
  /** Where entries are counted, and how many of them are this block's. */
  #cell = 0;
  #told = 0;

  /** `use` takes the text over and says how many entries there are now. */
  constructor(path: string, run: Run, use: (text: string) => number) {
    this.#path = path;
    this.#run = run;
    this.#use = use;
  }

  /** The first time, with the configuration: a place where no file can be is refused. A default that is not there is no mistake. */
  async begin(named: boolean): Promise<void> {
    await statOf(this.#path).catch((error: NodeJS.ErrnoException) => {
      const why = () => fileError(error, this.#path, 'stat');
      if (error.code !== 'ENOENT') throw new Error(`plugin/hosts: unable to access hosts file '${this.#path}': ${why()}`);
      if (!named) this.#complaint = this.#missing;
    });
    await this.load();
  }
  /** Takes over what changed. */
  async load(): Promise<void> {
    try {
      const { mtimeMs, size } = await statOf(this.#path);
      const seen = `${mtimeMs} ${size}`;
      if (seen === this.#seen) return;
      const count = this.#use(await textOf(this.#path));
      this.#seen = seen;
      this.#complaint = '';
      this.#count(count, mtimeMs);
    } catch (error) {
      this.#complain(error as NodeJS.ErrnoException);
    }
  }
  #count(count: number, mtimeMs: number): void {
    const { log, metrics } = this.#run;
    log.prefix('hosts').debug(`Parsed hosts file into ${count} entries`);
    this.#cell = metrics.family(FAMILIES.entries).cell([this.#path]);
    this.#tell(count);
    metrics.values[metrics.family(FAMILIES.reloaded).cell([])] = mtimeMs / 1000;
  }
  /** Blocks that read the same file are counted together. */
  #tell(count: number): void {
    this.#run.metrics.values[this.#cell]! += count - this.#told;
    this.#told = count;
  }
  /** Its block is not served any more. */
  end(): void {
    if (this.#told > 0) this.#tell(0);
  }
  get #missing(): string {
    return `File does not exist: ${this.#path}`;
  }
  #complain(error: NodeJS.ErrnoException): void {
    const { code } = error;
    const complaint = code === 'ENOENT' ? this.#missing
      : code === 'EISDIR' ? `Hosts file ${quoted(this.#path)} is a directory`
      : `unable to access hosts file '${this.#path}': ${fileError(error, this.#path)}`;
    if (complaint !== this.#complaint) this.#run.log.prefix('hosts').warning(complaint);
    this.#complaint = complaint;
  }
}
