// What a plugin is to the kernel: text to configuration, configuration to parts, parts in a chain. Knows no plugin by name.
import type { Block } from '../../corefile/block.ts';
import type { Lines } from '../../corefile/directive.ts';
import type { Name } from '../../dns/name.ts';
import type { Space } from '../../store/space.ts';
import type { Store } from '../../store/store.ts';
import type { Datagrams } from '../../upstream/datagrams.ts';
import type { Aside } from '../aside.ts';
import type { Clock } from '../clock.ts';
import type { Desk } from '../desk.ts';
import type { Log } from '../seen/log.ts';
import type { Provider } from '../query/metadata.ts';
import type { Declaration, Metrics } from '../seen/metrics.ts';
import type { Answer } from '../query/outcome.ts';
import type { Query } from '../query/query.ts';
import type { Endpoint, Service } from '../query/transport.ts';
import type { Shared } from '../shared.ts';
import type { Site } from './site.ts';

/** Answers a query, or hands it on: `return next(query)`. */
export type Handler = (query: Query) => Answer;
/** The same for a question that is followed: from within which part it is called, as whoever follows numbers them. */
export type FollowedHandler = (query: Query, from: number) => Answer;
export type { Lines };

/** One Corefile word. */
export interface Plugin<Config = unknown> {
  readonly name: string;
  /** Other words for the same, which stand beside it as if they were it. */
  readonly aliases?: readonly string[];
  /** The forms of its lines and of its properties, as a page's Syntax section has them: what hints and completion are made of. */
  readonly syntax?: string;
  /** The families that its parts count in: `run.metrics.family(...)`. Those without labels are shown as soon as the plugin is there. */
  readonly metrics?: { readonly [key: string]: Declaration };
  /** Whether it shows the metrics of all plugins, those that no configuration names among them. */
  readonly showsMetrics?: true;
  /** Pure: no files, no clock, no network. Throws CorefileError (`directive.fail`). */
  parse(lines: Lines, context: ParseContext): Config;
  /** No I/O. Several parts where the word may stand several times. Parts are made anew at each load. */
  create(config: Config, site: Site): Part | readonly Part[];
  /** A part that it has in a block because of what lines of other blocks say, whether there is one in this block or not. */
  guest?(site: Site, sites: readonly Site[]): Part | undefined;
}
/** A plugin that is loaded when a configuration has one of its words. */
export interface LatePlugin {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** It declares metrics without labels, which are shown although no configuration names it. */
  readonly standing?: true;
  load(): Promise<Plugin>;
}
/** What `parse` may know of its block. */
export interface ParseContext {
  /** The zones of the block's keys. */
  readonly zones: readonly Name[];
  /** The directory of `root`, or undefined: relative paths of options are resolved against it. */
  readonly root: string | undefined;
  /** The block's keys in full: `dns://example.org.:53`. */
  readonly keys: readonly string[];
  /** The scheme of the block's first key. */
  readonly scheme: string;
  readonly machine: Machine;
}

/** What a configuration may ask of the machine while it is read: nothing is opened or listened on. */
export interface Machine {
  /** Addresses of each network interface, IPv4 and IPv6; link-local ones end in `%interface`. */
  interfaces(): ReadonlyMap<string, readonly string[]>;
  hostname(): string;
  /** The contents of a small file that an option names, or its last so many bytes; throws what `fs.readFileSync` throws. */
  readFile(path: string, last?: number): Uint8Array;
}

/** One link of a block's chain, or something that merely lives while the block is served. Everything is optional. */
export interface Part {
  /** Must not throw for what clients or upstreams do: an outcome says that. What it throws is a bug, caught in serve.ts. */
  handle?(query: Query, next: Handler): Answer;
  /**
   * Is handed, when the chain is made, a second one of what stands behind it: who is on `query.journey.followed` is told of its steps. It
   * calls that in place of `next` for questions that it follows.
   */
  follows?(behind: FollowedHandler): void;
  /** Its answers are made of many objects: an engine that favours size would take twice as long for them. */
  readonly makesObjects?: true;
  /** Where nothing may be opened and nobody asked (`explain`). */
  readonly rehearsal?: Rehearsal | undefined;
  /** Labels by name (META-1). */
  readonly metadata?: { readonly [label: string]: Provider };
  /**
   * Once every block was read: throws where another part, without which this one makes no sense, is missing, or where one of another block
   * cannot stand beside it. No I/O.
   */
  whole?(sites: readonly Site[]): void;
  /** Once a process, on its main thread, before any `start`: files, timers, HTTP, probes. Only here and in `start` is I/O allowed. */
  control?(run: Run): void | Promise<void>;
  /** In every thread that serves. A rejection refuses the whole load. */
  start?(run: Run): void | Promise<void>;
  /** Once everything listens (OnStartupComplete), on the main thread. */
  started?(run: Run): void | Promise<void>;
  /** Whether it can answer (`ready` asks). A part without this is not asked. */
  ready?(): boolean;
  /** What whoever asks for readiness shall know although it can answer: `ready` says it behind its OK. */
  remark?(): string | undefined;
  /**
   * Another process takes the place of this one, which serves on until it is told to end, on the main thread: what the other one reads at
   * its start is written now, and by this one no more. Where `failed` aborts nobody took the place: all is as before.
   */
  handOver?(run: Run, failed: AbortSignal): void | Promise<void>;
  /** Before the process ends, on the main thread; never on a reload. Still serving meanwhile (lame duck). */
  drain?(run: Run): void | Promise<void>;
}

/**
 * What becomes of a part where `explain` answers without a server: no port is opened, nobody is asked, nothing is written. 'as served' does
 * what it does in a server, since all that it opens are files to read; 'looks on' has no part in the answer. A part that says nothing is
 * asked if it starts nothing, and else its answer is not known there.
 */
export type Rehearsal = 'as served' | 'looks on' | {
  /** In place of `control` and `start`. */
  begin?(run: Run): void | Promise<void>;
  /** In place of `handle`. */
  handle?(query: Query, next: Handler): Answer;
  /** Whether it answers as in a server where others may be asked (`explain --ask`). */
  readonly asks?: true;
};

/** What lives as long as one load of the configuration. */
export interface Run {
  /** Aborts when a newer load has taken over or the process ends. Queries of the old load may still be under way then. */
  readonly signal: AbortSignal;
  /** The number of this thread: 0 is the main one. */
  readonly thread: number;
  readonly clock: Clock;
  /** Begins its lines with `plugin/NAME: ` where the plugin asks for `log.prefix(NAME)`. */
  readonly log: Log;
  readonly metrics: Metrics;
  /** The process's shared memory, as this thread sees it: maps, caches and cells by name. */
  readonly store: Store;
  /** Opens connected UDP sockets to other servers, batched with the listeners where that is possible. */
  readonly datagrams: Datagrams;
  /**
   * What this load of a block has in the shared memory: maps, caches, notes and cells, the same in every thread, empty at first and emptied
   * when the load has ended or was refused. What outlives loads is kept in `store` under names of its own. With `keep`, a text that names
   * all that decides what may be kept, the space is handed over to the next load that says the same.
   */
  space(site: Site, options?: { readonly keep: string }): Space;
  /** What is opened once however many use it. */
  readonly shared: Shared;
  /** The way to the main thread, for what it alone can do. */
  readonly desk: Desk;
  /** A thread for work that takes long, where there is one: on main. */
  readonly aside: Aside | undefined;
  /** True for the first load of the process, false for a reload. */
  readonly first: boolean;
  /** Logs an error that hit nobody's query. */
  report(error: unknown): void;
  /** Every block of this load. */
  readonly sites: readonly Site[];
  /** What concerns more than a block; authors are not promised it. */
  readonly whole: Whole;
}

/** What a configuration says, whatever it means. */
export interface Written {
  /** The words, imports and all, without spaces and comments: what a change is told by (RLD-1). */
  readonly canonical: string;
  /** The same with places, as CoreDNS takes its digest of it. */
  parsed(): string;
}

/** What one load serves. */
export interface Served {
  readonly configuration: {
    readonly blocks: readonly Block[];
    readonly addresses: readonly {
      readonly label: string;
      readonly endpoint: Endpoint;
      /** Wire names, lower-case, with their blocks in the order of the Corefile. */
      readonly zones: readonly (readonly [zone: string, site: Site])[];
    }[];
  };
  /** By the labels of its addresses. */
  readonly servers: ReadonlyMap<string, Service>;
}
/** The configuration as a whole, and the end of the process. */
export interface Whole {
  /** What is in force, whatever its spaces and comments. */
  running(): Written;
  /** The Corefile as it is now. Throws Error in threads that cannot read it; so does `reload`. */
  now(): Written;
  /** The file that the Corefile is in, on the main thread; undefined where it is in none, or is made of something else. */
  readonly path: string | undefined;
  /** Whether the Corefile can be read again (SIG-4). */
  readonly reloadable: boolean;
  /** Reads the Corefile again and, if it is sound, takes it over (SIG-7). Resolves when done; rejects where it was refused. */
  reload(): Promise<void>;
  /** The text that is in force, on the main thread; `replace` takes another one over, which is in no file. It rejects as `reload` does. */
  text(): string;
  replace(text: string): Promise<void>;
  /** The words of the file that `replace` left aside: nobody is to take them over again unless he is told to; undefined where none were. */
  passedOver(): string | undefined;
  /** What is served now, on the main thread: each address with the server that answers there; undefined before the first load serves. */
  serving(): Served | undefined;
  /** What the process as a whole waits for before it is ready, on the main thread; nothing as a rule. */
  awaited(): readonly string[];
  /** Ends the process with this status after a fatal error line. */
  fatal(text: string): never;
}

/** Gives a plugin its types: `create` learns `Config` from `parse`. */
export const definePlugin = <Config>(plugin: Plugin<Config>): Plugin<Config> => plugin;
