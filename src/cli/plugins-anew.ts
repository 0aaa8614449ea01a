// Plugins of other packages at a reload: `plugin.cfg` is read again, and code that has changed is loaded beside the old one, for every
// thread or for none. Knows versions; what a load is, is the App's.
import type { Chosen } from '../kernel/serving/app.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { ReadOptions } from '../kernel/site/build.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { additionsOf, pluginsWith } from './plugin-choice.ts';
import { codeOf, isChanged } from './plugin-code.ts';
import type { Code } from './plugin-code.ts';
import type { Addition } from './plugin-config.ts';

/** After how many versions it is said what stays in memory. */
const MANY = 5;

/** What a thread needs to load the same plugins. Can be sent. */
export interface ChosenPlugins {
  readonly additions: readonly Addition[];
  readonly code: Code;
}
/** The additions with what was read of them in this thread. */
export const withCode = (additions: readonly Addition[]): ChosenPlugins =>
  ({ additions, code: new Map(additions.flatMap(({ url, version }) => [...codeOf(url, version)])) });

/** Those of one process, on main. */
export class PluginsAnew {
  readonly #file: string;
  readonly #own: readonly Plugin[] | undefined;
  readonly #log: Log;
  readonly #options: (late: Awaited<ReturnType<typeof pluginsWith>>) => ReadOptions;
  #served: readonly Addition[];
  #versions = 0;
  /** Octets of each version that was served, by the word. */
  readonly #sizes = new Map<string, number[]>();

  constructor(
    file: string, own: readonly Plugin[] | undefined, first: readonly Addition[], log: Log,
    options: (late: Awaited<ReturnType<typeof pluginsWith>>) => ReadOptions,
  ) {
    this.#file = file;
    this.#own = own;
    this.#log = log;
    this.#options = options;
    this.#served = first;
    for (const addition of first) this.#count(addition);
  }
  /** For the next load. Rejects with the line of plugin.cfg. */
  async choose(): Promise<Chosen> {
    const additions = (await additionsOf(this.#file)).map((addition) => this.#version(addition));
    const late = await pluginsWith(additions, this.#own);
    return { options: this.#options(late), own: withCode(additions), taken: () => this.#taken(additions) };
  }
  #version(addition: Addition): Addition {
    const before = this.#served.find(({ name, url }) => name === addition.name && url === addition.url);
    if (before === undefined) {
      // What was read for a load that came to nothing stays what it was.
      const isRead = this.#sizes.has(addition.name) || codeOf(addition.url).size > 0;
      return isRead ? { ...addition, version: this.#next() } : addition;
    }
    const code = codeOf(before.url, before.version);
    const isNew = code.size > 0 && isChanged(code);
    return { ...addition, ...(isNew ? { version: this.#next() } : before.version === undefined ? {} : { version: before.version }) };
  }
  #next(): string {
    return String(++this.#versions + 1);
  }
  #taken(additions: readonly Addition[]): void {
    for (const addition of additions) {
      const before = this.#served.find(({ name }) => name === addition.name);
      if (before?.url === addition.url && before.version === addition.version) continue;
      this.#count(addition);
      this.#log.info(`${addition.name} was taken anew`);
    }
    this.#served = additions;
  }
  #count({ name, url, version }: Addition): void {
    const sizes = this.#sizes.get(name) ?? [];
    this.#sizes.set(name, sizes);
    sizes.push([...codeOf(url, version).values()].reduce((sum, { source }) => sum + source.length, 0));
    if (sizes.length !== MANY + 1) return;
    const old = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0);
    this.#log.warning(`${MANY} old versions of ${name} (${Math.ceil(old / 1024)} KB of code) stay in memory until a restart`);
  }
}
