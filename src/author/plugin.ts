// A plugin as its author writes it: the kernel's interfaces under narrower types. Knows the kernel's types; does nothing.
import type { Directive } from '../corefile/directive.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import type { Name } from '../dns/name.ts';
import type { Clock } from '../kernel/clock.ts';
import * as show from '../kernel/show.ts';
import type { HttpReply, HttpRequest } from '../http/message.ts';
import type { Declaration } from '../kernel/seen/metrics.ts';
import type { Closable } from '../kernel/shared.ts';
import type { Signal } from '../kernel/signal.ts';
import type { Slot } from '../kernel/slot.ts';
import * as order from '../kernel/site/order.ts';
import type * as kernel from '../kernel/site/plugin.ts';
import type { Flags, Gauges } from '../store/cells.ts';
import type { Answer, Handler, Query } from './query.ts';

/** Where a block listens: `address` is '' for every address of the machine. */
export interface Endpoint {
  readonly scheme: 'dns' | 'tls' | 'https' | 'https3' | 'grpc' | 'quic';
  readonly address: string;
  readonly port: number;
}
/** A server block, as far as parts look at it. */
export interface Site {
  /** The zones of its keys, lower-case, in the order of the Corefile. */
  readonly zones: readonly Name[];
  /** Where it listens; full when parts start. */
  readonly endpoints: readonly Endpoint[];
  /** The view's name, '' without one. */
  readonly view: string;
  /** A digest of the words of the block, and of the files that its options were read from. */
  readonly fingerprint: string;
  /** `root` joined with a relative path of an option. */
  path(path: string): string;
  /** Adds a value to a slot: in `create`. */
  put<T>(slot: Slot<T>, value: T): void;
  /** Every value of a slot: from `whole` on. */
  all<T>(slot: Slot<T>): readonly T[];
  /** The value that was put last. */
  last<T>(slot: Slot<T>): T | undefined;
}

/** What can be said; `prefix` makes one whose lines begin with `plugin/NAME: `. */
export interface Log {
  /** Said only while the `debug` plugin is loaded. */
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  prefix(plugin: string): Log;
}

/** A family that is counted in. */
export interface Family {
  /** The first cell for these label values, made when first asked for. Keep it. */
  cell(values: readonly string[]): number;
  /** Counts one value in the histogram whose first cell is given. */
  observe(cell: number, value: number): void;
}
/** The metrics of one thread. */
export interface Metrics {
  /** Add to these: `metrics.values[cell]++`. */
  readonly values: Float64Array;
  family(declaration: Declaration): Family;
  /** Calls before each look at the families, until the signal aborts. */
  whenAsked(signal: Signal, compute: () => void): void;
}

/** A text that main writes and every thread reads. */
export interface Note {
  /** How often it was written: cheap to ask for each query. 0: not yet. */
  readonly round: number;
  /** Puts a text in place of the one before: on main. Throws RangeError where the memory is full. */
  write(text: string): void;
  /** The text, in any thread and at any time; '' where there is none. */
  read(): string;
}
/** What one load of one block has in the shared memory, the same in every thread. Begin a name with the plugin's word. */
export interface Space {
  /** The text of this name, '' at first. */
  note(name: string): Note;
  /** So many whole numbers that every thread reads and writes, 0 at first. */
  flags(name: string, count: number): Flags;
  /** So many numbers of what is under way, 0 at first. */
  gauges(name: string, count: number): Gauges;
}
/** Things that several users need once. */
export interface Shared {
  /** The thing of this key, opened now if nobody has it; it is closed when the signals of all of its users have aborted. */
  use<T extends Closable>(key: string, signal: Signal, open: () => T | Promise<T>): Promise<T>;
}

/** What lives as long as one load of the configuration. */
export interface Run {
  /** Aborts when a newer load has taken over or the process ends. Queries of the old load may still be under way then. */
  readonly signal: Signal;
  /** The number of this thread: 0 is the main one. */
  readonly thread: number;
  /** True for the first load of the process, false for a reload. */
  readonly first: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly shared: Shared;
  /** With `keep`, the space is handed over to the next load that says the same text. */
  space(site: Site, options?: { readonly keep: string }): Space;
  /** Logs an error that hit nobody's query. */
  report(error: unknown): void;
}

/** One link of a block's chain, or something that merely lives while the block is served. Everything is optional. */
export interface Part {
  /** Answers, or hands the query on: `return next(query)`. Must not throw for what clients or upstreams do. */
  handle?(query: Query, next: Handler): Answer;
  /** Labels by name, made when somebody asks for one. */
  readonly metadata?: { readonly [label: string]: (query: Query, label: string) => string | undefined };
  /** Once the whole block was read: throws where another part, without which this one makes no sense, is missing. */
  whole?(): void;
  /** Once a load, on the main thread, before any `start`. */
  control?(run: Run): void | Promise<void>;
  /** In every thread that serves. A rejection refuses the whole load. */
  start?(run: Run): void | Promise<void>;
  /** Once everything listens, on the main thread. */
  started?(run: Run): void | Promise<void>;
  /** Whether it can answer (`ready` asks). A part without this is not asked. */
  ready?(): boolean;
  /** Before the process ends, on the main thread; never on a reload. */
  drain?(run: Run): void | Promise<void>;
}

/** What `parse` may know of its block. */
export interface ParseContext {
  /** The zones of the block's keys. */
  readonly zones: readonly Name[];
  /** The block's keys in full: `dns://example.org.:53`. */
  readonly keys: readonly string[];
  readonly machine: Machine;
}
/** What a configuration may ask of the machine while it is read. */
export interface Machine {
  hostname(): string;
  /** The contents of a small file that an option names; throws what `fs.readFileSync` throws. */
  readFile(path: string): Uint8Array;
}

/** One Corefile word, as its author writes it. */
export interface Definition<Config> {
  readonly name: string;
  /** Other words for the same. */
  readonly aliases?: readonly string[];
  /** The forms of its lines and of its properties: what hints and completion are made of. */
  readonly syntax?: string;
  /** The families that its parts count in. */
  readonly metrics?: { readonly [key: string]: Declaration };
  /** Pure: no files, no clock, no network. Throws CorefileError (`line.fail`). */
  parse(lines: readonly [Directive, ...Directive[]], context: ParseContext): Config;
  /** No I/O. Several parts where the word may stand several times. */
  create(config: Config, site: Site): Part | readonly Part[];
}
/** What `definePlugin` makes. What is in it is the server's. */
export interface Plugin {
  readonly name: string;
}
/** Makes a plugin: `create` learns `Config` from `parse`. */
export const definePlugin: <Config>(definition: Definition<Config>) => Plugin = (definition) => definition;

/** Where a plugin goes: right before or right behind another one. */
export type Rank = { readonly before: string } | { readonly after: string };
/** The plugins with one more in its place. Throws Error where the place or the name is wrong. */
export const insert = order.insert as unknown as (plugins: readonly Plugin[], plugin: Plugin, rank: Rank) => readonly Plugin[];

/** Shows something at a path of `host:port` while a load is served. All users of an address share one socket, which a reload keeps. */
export const showAt = show.showAt as unknown as
  (run: Run, address: string, path: string, handler: (request: HttpRequest) => HttpReply | Promise<HttpReply>) =>
    Promise<{ readonly port: number }>;

/** What a source of names says to caches. */
export interface Changes {
  /** This name is another one now, or is gone. Say it after that can be found. */
  changed(name: Name): void;
  /** Anything in the zone may be another. */
  all(): void;
}
/** For who answers names of this zone by itself: how caches hear that a name is another one. To be asked for in `control`. */
export function changesOf(run: Run, zone: Name): Changes {
  const changes = (run as unknown as kernel.Run).store.changes.zone(zone.key);
  return {
    changed: ({ key }) => changes.changed(latin1Bytes(key), 0),
    all: () => changes.all(),
  };
}
