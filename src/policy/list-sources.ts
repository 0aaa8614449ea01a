// The lists of one line on the main thread: looked at now and then, read when one of them is another, published when the table is made.
// Knows files, folders and who says what of them; what a line means is list-line.ts's.
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gauge, counter } from '../kernel/seen/metrics.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { fileError } from '../wording/errno.ts';
import { ListBuilder } from './list-build.ts';
import type { Built, BuildOrder, ListReport } from './list-build.ts';
import type { Ignored } from './rule-sink.ts';
import type { PublishedTable } from './published-table.ts';

/** Octets from which on lists are read by a thread aside: a few milliseconds. */
const LARGE = 256 * 1024;

/** What is told of lists. */
export const LIST_FAMILIES = {
  rules: gauge('coredns_block_list_rules', 'The rules that a list has.', ['list']),
  ignored: gauge('coredns_block_list_ignored_lines', 'The lines of a list that are no rules here, by kind.', ['list', 'kind']),
  updates: counter('coredns_block_list_updates_total', 'Counter of lists that were read again, by result.', ['list', 'result']),
  taken: gauge('coredns_block_list_timestamp_seconds', 'When a list was taken over.', ['list']),
};

/** A list of a line. */
export interface ListSource {
  /** A file or a folder. */
  readonly path: string;
  /** What it is called where its work is seen. */
  readonly name: string;
  readonly isAllowed: boolean;
  /** Of a list that is fetched from others: where one lies that has just come, and is put in place of the other where it is taken over. */
  readonly arriving?: string | undefined;
}
/** A list as it lies on the disk. */
interface Look {
  readonly files: readonly string[];
  readonly size: number;
  /** What differs where it is another one. */
  readonly state: string;
}

/** Reads the lists of a line. */
export class ListSources {
  readonly #run: Run;
  readonly #sources: readonly ListSource[];
  readonly #shrink: number;
  readonly #published: PublishedTable;
  readonly #log;
  /** Of each list, what was read last, and how many rules it has; undefined before. */
  #looks: readonly (Look | string)[] = [];
  #rules: readonly (number | undefined)[];
  /** One build after the other. */
  #busy: Promise<void> = Promise.resolve();

  constructor(run: Run, plugin: string, sources: readonly ListSource[], shrink: number, published: PublishedTable) {
    this.#run = run;
    this.#sources = sources;
    this.#shrink = shrink;
    this.#published = published;
    this.#log = run.log.prefix(plugin);
    this.#rules = sources.map(() => undefined);
  }

  /** The first time: what cannot be read is an error. */
  async begin(): Promise<void> {
    const looks = this.#sources.map(lookAtSource);
    const missing = looks.find((look) => typeof look === 'string');
    if (missing !== undefined) throw new Error(missing as string);
    const reports = await this.#build(looks);
    reports.forEach(({ failure, rules }, i) => {
      const { path, name, isAllowed, arriving } = this.#sources[i]!;
      if (arriving !== undefined) {
        const why = failure === undefined ? '' : `; ${failure}`;
        if (rules === 0) this.#log.warning(`${name} was never fetched: none of its rules is known yet${why}`);
        return;
      }
      if (failure !== undefined) throw new Error(failure);
      if (rules === 0 && !isAllowed) this.#log.warning(`${path} has no rule`);
    });
  }
  /** Later: takes over what is another one. */
  look(): Promise<void> {
    const looked = this.#busy.then(() => this.#look());
    this.#busy = looked.catch(() => {});
    return looked;
  }
  async #look(): Promise<void> {
    const looks = this.#sources.map(lookAtSource);
    if (looks.every((look, i) => stateOf(look) === stateOf(this.#looks[i]))) return;
    await this.#build(looks);
  }
  async #build(looks: readonly (Look | string)[]): Promise<readonly ListReport[]> {
    const changed = looks.map((look, i) => stateOf(look) !== stateOf(this.#looks[i]));
    this.#looks = looks;
    const published = this.#published;
    const order: BuildOrder = {
      lists: looks.map((look, i) => ({
        files: typeof look === 'string' ? [this.#sources[i]!.path] : look.files, isAllowed: this.#sources[i]!.isAllowed,
        before: this.#rules[i],
      })),
      table: published.table, special: published.text, shrink: this.#shrink,
    };
    const size = looks.reduce((sum, look) => sum + (typeof look === 'string' ? 0 : look.size), 0);
    const built = await this.#make(order, size);
    if (built.kind === 'full') throw new Error('the shared memory is full: the lists are not taken over');
    if (this.#run.signal.aborted) {
      this.#run.store.memory.give(built.table);
      return [];
    }
    published.publish(built.table, built.special);
    this.#tell(built.reports, changed);
    this.#settle(built.reports);
    this.#rules = built.reports.map(({ rules, failure }, i) => (failure === undefined ? rules : this.#rules[i]));
    return built.reports;
  }
  /** What has come and was taken over is the list from now on. */
  #settle(reports: readonly ListReport[]): void {
    this.#looks = this.#looks.map((look, i) => {
      const { path, arriving } = this.#sources[i]!;
      if (arriving === undefined || typeof look === 'string' || look.files[0] !== arriving) return look;
      if (reports[i]!.failure !== undefined) return look;
      renameSync(arriving, path);
      return lookAtSource(this.#sources[i]!);
    });
  }
  async #make(order: BuildOrder, size: number): Promise<Built> {
    const { aside, store } = this.#run;
    if (aside === undefined || size < LARGE) return store.reading.within(() => new ListBuilder(store.memory).build(order));
    const built = await aside.ask('lists', order) as Built;
    store.memory.refresh();
    return built;
  }
  #tell(reports: readonly ListReport[], changed: readonly boolean[]): void {
    const { metrics, clock } = this.#run;
    reports.forEach(({ rules, ignored, failure }, i) => {
      if (!changed[i]) return;
      const { path, name } = this.#sources[i]!;
      const count = (family: keyof typeof LIST_FAMILIES, ...labels: readonly string[]): number =>
        metrics.family(LIST_FAMILIES[family]).cell(labels);
      metrics.values[count('updates', name, failure === undefined ? 'taken' : 'kept')]!++;
      if (failure !== undefined) {
        if (this.#rules[i] !== undefined) this.#log.warning(`${path} is not taken over, and what it had before stays: ${failure}`);
        return;
      }
      metrics.values[count('rules', name)] = rules;
      metrics.values[count('taken', name)] = clock.wall() / 1000;
      for (const [kind, lines] of Object.entries(ignored)) metrics.values[count('ignored', name, kind)] = lines;
      this.#log.info(`${path}: ${rules} rules${ignoredText(ignored)}`);
    });
  }
}
const stateOf = (look: Look | string | undefined): string | undefined => (typeof look === 'object' ? look.state : look);

/** How the lines that were passed over are told, most of them first. */
function ignoredText(ignored: { readonly [kind in Ignored]?: number }): string {
  const kinds = Object.entries(ignored).sort(([, a], [, b]) => b - a).map(([kind, lines]) => `${lines} ${KINDS[kind as Ignored]}`);
  return kinds.length === 0 ? '' : `; passed over: ${kinds.join(', ')}`;
}
const KINDS: { readonly [kind in Ignored]: string } = {
  cosmetic: 'for what pages show', pattern: 'of patterns', modifier: 'with modifiers that are not known here',
  client: 'for clients by name',
  address: 'with addresses', name: 'that are no names', long: 'too long', regexp: 'with regular expressions that cannot be read',
  everything: 'for everything', data: 'with data of their own', many: 'too many',
};

/** What has come, else what is there; of a list of others perhaps nothing. */
function lookAtSource({ path, arriving }: ListSource): Look | string {
  if (arriving === undefined) return lookAt(path);
  if (existsSync(arriving)) return lookAt(arriving);
  return existsSync(path) ? lookAt(path) : { files: [], size: 0, state: 'nothing' };
}
/** How a list lies on the disk; a text where it cannot be read. */
function lookAt(path: string): Look | string {
  try {
    const found = statSync(path);
    const inside = (): string[] => readdirSync(path).filter((name) => !name.startsWith('.')).sort().map((name) => join(path, name));
    const files = found.isDirectory() ? inside() : [path];
    const each = files.map((file) => ({ file, found: statSync(file) })).filter((one) => one.found.isFile());
    return {
      files: each.map(({ file }) => file), size: each.reduce((sum, one) => sum + one.found.size, 0),
      state: each.map(({ file, found: { dev, ino, size, mtimeMs } }) => `${file} ${dev} ${ino} ${size} ${mtimeMs}`).join('\n'),
    };
  } catch (error) {
    return fileError(error, path);
  }
}
