// A plugin as its author writes it: the kernel's interfaces under narrower types. Knows the kernel's types; does nothing.
import type { Directive } from '../corefile/directive.ts';
import type { Name } from '../dns/name.ts';
import type { Clock } from '../kernel/clock.ts';
import * as http from '../kernel/http.ts';
import type { HttpReply, HttpRequest } from '../kernel/http-message.ts';
import type { Declaration } from '../kernel/seen/metrics.ts';
import type { Closable } from '../kernel/shared.ts';
import type { ParseContext, Part as KernelPart, Plugin, Run as KernelRun } from '../kernel/site/plugin.ts';
import type { Site as KernelSite } from '../kernel/site/site.ts';
import type { Flags, Gauges } from '../store/cells.ts';
import type { Note as KernelNote } from '../store/notes.ts';
import type { Answer, Handler, Query } from './query.ts';

/** A server block, as far as parts look at it. */
export type Site = Pick<KernelSite, 'zones' | 'endpoints' | 'view' | 'fingerprint' | 'path' | 'put' | 'all' | 'last'>;

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
  whenAsked(signal: AbortSignal, compute: () => void): void;
}

/** A text that main writes and every thread reads. */
export type Note = Pick<KernelNote, 'round' | 'write' | 'read'>;
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
  use<T extends Closable>(key: string, signal: AbortSignal, open: () => T | Promise<T>): Promise<T>;
}

/** What lives as long as one load of the configuration. */
export interface Run extends Pick<KernelRun, 'signal' | 'thread' | 'first' | 'report' | 'reload'> {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly shared: Shared;
  /** With `keep`, the space is handed over to the next load that says the same text. */
  space(site: Site, options?: { readonly keep: string }): Space;
}

/** One link of a block's chain, or something that merely lives while the block is served. Everything is optional. */
export interface Part extends Pick<KernelPart, 'whole' | 'ready' | 'remark'> {
  /** Answers, or hands the query on: `return next(query)`. Must not throw for what clients or upstreams do. */
  handle?(query: Query, next: Handler): Answer;
  /** Labels by name, made when somebody asks for one. */
  readonly metadata?: { readonly [label: string]: (query: Query, label: string) => string | undefined };
  /** Once a process, on its main thread, before any `start`. */
  control?(run: Run): void | Promise<void>;
  /** In every thread that serves. A rejection refuses the whole load. */
  start?(run: Run): void | Promise<void>;
  /** Once everything listens, on the main thread. */
  started?(run: Run): void | Promise<void>;
  /** Before the process ends, on the main thread; never on a reload. */
  drain?(run: Run): void | Promise<void>;
}

/** One Corefile word, as its author writes it. */
export interface Definition<Config> extends Pick<Plugin, 'name' | 'aliases' | 'syntax' | 'metrics'> {
  /** Pure: no files, no clock, no network. Throws CorefileError (`line.fail`). */
  parse(lines: readonly [Directive, ...Directive[]], context: ParseContext): Config;
  /** No I/O. Several parts where the word may stand several times. */
  create(config: Config, site: Site): Part | readonly Part[];
}
/** Makes a plugin: `create` learns `Config` from `parse`. */
export const definePlugin = <Config>(definition: Definition<Config>): Plugin<Config> => definition as unknown as Plugin<Config>;

/** Shows something at a path of `host:port` while a load is served. All users of an address share one socket, which a reload keeps. */
export const showAt = http.showAt as unknown as
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
  const changes = (run as unknown as KernelRun).store.changes.zone(zone.key);
  return {
    changed: ({ key }) => changes.changed(Uint8Array.from(key, (octet) => octet.charCodeAt(0)), 0),
    all: () => changes.all(),
  };
}
