// Keeps one sink equal to one collection: the initial events or a list, then a watch from there on, again and again. Knows the rules of
// resource versions; knows neither sockets nor what the objects are.
import type { Clock } from '../kernel/clock.ts';
import { ApiError, asApiError, isExpired, isMissing, isTooLarge } from './api-error.ts';
import type { Collection } from './collection.ts';
import type { Limits } from './http-get.ts';
import { LineSplitter } from './line-splitter.ts';
import { listPages } from './paged-list.ts';
import type { Requests } from './requests.ts';
import type { Sink } from './sink.ts';
import { FrameSplitter } from './protobuf-pieces.ts';
import { type WatchEvent, readEvent, readFrame } from './watch-event.ts';

/*
 * How a stalled connection is noticed. A watch on which nothing happens looks the same as one whose peer is gone, behind a proxy even to
 * TCP. Bookmarks would tell, but come once a minute. So a watch that has been silent for SILENCE is opened again at its last resource
 * version, for a few seconds only: the API sends a bookmark two seconds before the end of the time that it was given, and then ends the
 * watch, which is a sign of life and moves the resource version on. A watch on which something happens is left alone. It loses nothing,
 * and needs no second kind of request; it costs the API one watch of a collection from its memory every ten seconds while that is quiet,
 * far less than what one kubelet asks.
 */

/** Milliseconds without a byte after which a watch is given up. */
const SILENCE = 11_000;
/** Seconds that a watch may take while nothing happens, and otherwise: at random from the first to both together. */
const QUIET_TIME = [9, 2] as const, BUSY_TIME = [300, 300] as const;
const WATCH: Limits = { connect: 4000, head: 10_000, silence: SILENCE };
const LIST: Limits = { connect: 4000, head: 60_000, silence: 15_000 };
/** Milliseconds: a watch that ends sooner and has brought nothing was none. */
const TOO_SHORT = 1000;
/** Milliseconds between two lists that follow each other without waiting. */
const RELIST = 10_000;

/** What one run of the reflector needs. */
export interface ReflectorParts {
  readonly requests: Requests;
  readonly collection: Collection;
  readonly sink: Sink;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  /** What the whole API is known to lack: shared by its reflectors. */
  readonly abilities: Abilities;
  /** A byte came. */
  heard(): void;
  /** A list is whole. */
  synced(): void;
}
/** Whether the API streams initial events. */
export interface Abilities {
  initialEvents: boolean;
}

/** One collection and how far its sink is. */
export class Reflector {
  readonly #parts: ReflectorParts;
  /** The last resource version that the sink has; empty where nothing is known. */
  #version = '';
  /** The sink has a whole list, and everything up to `#version`. */
  #complete = false;
  /** The version is of no use for a list: the API has forgotten it, or has never had it. */
  #versionUnusable = false;
  /** `clock.monotonic()` of the end of the last list. */
  #listedAt = -Infinity;
  /** Nothing happened on the last watch. */
  #quiet = false;
  /** This collection's initial events were waited for in vain. */
  #initialEvents = true;
  /** The API failed over initial events: a list is tried before they are asked for again. */
  #listNext = false;

  constructor(parts: ReflectorParts) {
    this.#parts = parts;
  }

  /** One list, or one watch to its end. Resolves when the next one may follow at once; rejects with ApiError where it should wait. */
  async step(signal: AbortSignal): Promise<void> {
    try {
      if (this.#complete) await this.#watch(signal);
      else if (this.#parts.abilities.initialEvents && this.#initialEvents && !this.#listNext) await this.#stream(signal);
      else await this.#list(signal);
    } catch (error) {
      if (this.#mayGoOn(error)) return;
      throw asApiError(error);
    }
  }

  /** The next step is a list, whatever is known; false where one is under way, or was never whole. Who calls ends the step before. */
  forget(): boolean {
    const wasComplete = this.#complete;
    this.#complete = false;
    return wasComplete;
  }

  /** Errors after which there is another way to go at once. */
  #mayGoOn(error: unknown): boolean {
    // A version that is not there (any more) may be so in another one, with the same resource versions.
    if (isMissing(error)) return this.#parts.collection.another();
    if (!isExpired(error) && !isTooLarge(error)) return false;
    if (this.#complete) {
      this.#complete = false;
      // What comes must not be older than what was served: so the list is asked to be as new as our version, if the API has that.
      this.#versionUnusable = isTooLarge(error);
      // An API that forgets what it has just listed would be listed without end.
      return this.#parts.clock.monotonic() - this.#listedAt >= RELIST;
    }
    const first = !this.#versionUnusable;
    this.#versionUnusable = true;
    return first;
  }
  #whole(version: string): void {
    this.#version = version;
    this.#versionUnusable = false;
    this.#complete = true;
    this.#listedAt = this.#parts.clock.monotonic();
    this.#parts.sink.synced();
    this.#parts.synced();
  }
  #oldestVersion(unknown: string): string {
    return this.#versionUnusable ? '' : this.#version === '' ? unknown : this.#version;
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { requests, collection, sink } = this.#parts;
    this.#listNext = false;
    const heard = () => this.#parts.heard();
    const into = { begin: () => sink.begin(), put: sink.put.bind(sink), heard };
    const version = await listPages(requests, collection, this.#oldestVersion('0'), into, LIST, signal);
    this.#whole(version);
  }

  /** The list as initial events of a watch, which goes on as such. */
  async #stream(signal: AbortSignal): Promise<void> {
    const { abilities } = this.#parts;
    try {
      await this.#open([
        ['resourceVersion', this.#oldestVersion('')], ['resourceVersionMatch', 'NotOlderThan'], ['sendInitialEvents', 'true'],
      ], signal);
      // Ended in time, but before the end of the list.
      if (!this.#complete) throw new ApiError('cut', 'the watch ended before its initial events');
    } catch (error) {
      const { kind, refusal } = asApiError(error);
      if (this.#complete || signal.aborted) throw error;
      if (refusal?.status === 400 || refusal?.status === 422) abilities.initialEvents = false;
      else if (error === NO_INITIAL_EVENTS || kind === 'timeout') this.#initialEvents = false;
      // An API whose etcd is older than 3.4.31 or 3.5.13 says 200, and then that it cannot: RequestWatchProgress is disabled.
      else if (refusal?.status === 500) this.#listNext = true;
      else throw error;
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const began = clock.monotonic();
    const before = this.#version;
    await this.#open([['resourceVersion', this.#version]], signal);
    if (clock.monotonic() - began < TOO_SHORT && this.#version === before) {
      throw new ApiError('cut', 'very short watch: the API ended it at once');
    }
  }

  async #open(parameters: readonly (readonly [string, string])[], signal: AbortSignal): Promise<void> {
    const { requests, collection, random, sink } = this.#parts;
    const [least, more] = this.#quiet && this.#complete ? QUIET_TIME : BUSY_TIME;
    const target = collection.target([['allowWatchBookmarks', 'true'], ...parameters,
      ['timeoutSeconds', String(least + Math.floor(random() * (more + 1)))], ['watch', 'true']]);
    let opened = false;
    this.#quiet = true;
    const { shape } = collection;
    let pieces: LineSplitter | FrameSplitter | undefined;
    const begin = (binary: boolean) => {
      opened = true;
      pieces = binary && shape !== undefined ? new FrameSplitter((bytes, from, to) => this.#event(readFrame(bytes, from, to, shape)))
        : new LineSplitter((line) => this.#event(readEvent(line)));
      this.#parts.heard();
      if (!this.#complete) sink.begin();
    };
    const content = (part: Buffer) => {
      this.#parts.heard();
      pieces?.feed(part);
    };
    try {
      await requests.send({ target, kind: 'watch', binary: shape !== undefined, limits: WATCH, opened: begin, content }, signal);
    } catch (error) {
      // Silent for too long, or cut at any place: what came was taken whole, so the next watch goes on from there.
      if (!opened || !this.#complete || !(error instanceof ApiError) || error.kind !== 'timeout') throw error;
    }
  }

  #event(event: WatchEvent): void {
    const { sink } = this.#parts;
    if (event.type === 'bookmark') {
      if (this.#complete) this.#version = event.version === '' ? this.#version : event.version;
      else if (event.initialEnd) this.#whole(event.version);
      else throw NO_INITIAL_EVENTS;
      return;
    }
    this.#quiet = false;
    if (event.type === 'put') sink.put(event.object);
    else sink.remove(event.object);
    // Initial events come in no order: only their end says how far they go.
    if (this.#complete && event.version !== '') this.#version = event.version;
  }
}

/** The API knows nothing of `sendInitialEvents`: it sends bookmarks where the end of them should be. */
const NO_INITIAL_EVENTS = new ApiError('protocol', 'the watch has no initial events');
