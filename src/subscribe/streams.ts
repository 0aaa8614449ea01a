// The streams to upstreams that push: one that is used, one that stands ready, and when those that are lost are dialed again. Knows
// time and signs of life; knows nothing of answers.
import type { WatchResponse } from '../http/watch-message.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { WatchLinkOwner, WatchPeer, Watches } from '../upstream/watch-link.ts';

/** Seconds between signs of life; milliseconds without one after which a stream is dead; milliseconds between looks. */
const BEAT = 5, SILENT = 12_000, LOOK = 1000;
/** Milliseconds before an upstream is dialed again, at first and at most; and where it cannot push. */
const FIRST_WAIT = 100, MOST_WAIT = 10_000, UNABLE_WAIT = 60_000;

/** An upstream by its name. */
export interface Source extends WatchPeer {
  readonly name: string;
}
/** What streams are made of. */
export interface StreamsParts {
  readonly sources: readonly Source[];
  /** A number below this one: which of them is the first, and how long is waited. */
  readonly below: (bound: number) => number;
  /** Begins a stream. Throws Error with the network's code. */
  readonly dial: (source: Source, owner: WatchLinkOwner) => Watches;
  readonly clock: Clock;
  readonly log: Log;
}
/** Who uses them. */
export interface StreamsUser {
  /** From now on this one is used. */
  begins(stream: Watches): void;
  /** The one that was used is lost; another one may begin at once. */
  loses(): void;
  /** What is said on the one that is used, signs of life apart. */
  said(response: WatchResponse): void;
  /** So many more stand, or fewer. */
  stand(more: 1 | -1): void;
  /** A second has passed. */
  look(now: number): void;
}

/** One upstream: its stream, or when it is dialed again. */
interface Upstream {
  readonly source: Source;
  link: Watches | undefined;
  heardAt: number;
  wait: number;
  dialAt: number;
  /** It cannot push: said once. */
  unable: boolean;
}

/** All of one line. */
export class Streams implements WatchLinkOwner {
  readonly #parts: StreamsParts;
  readonly #user: StreamsUser;
  readonly #upstreams: readonly Upstream[];
  #used: Upstream | undefined = undefined;
  #cancel: () => void;
  #closed = false;
  /** Milliseconds of the clock when the one that is used was last known to live. */
  aliveAt: number;

  constructor(parts: StreamsParts, user: StreamsUser) {
    const { sources, below, clock } = parts;
    this.#parts = parts;
    this.#user = user;
    const first = below(sources.length);
    this.#upstreams = sources.map((_, i) => ({
      source: sources[(first + i) % sources.length]!, link: undefined, heardAt: 0, wait: FIRST_WAIT, dialAt: 0, unable: false,
    }));
    this.aliveAt = clock.monotonic();
    this.#cancel = clock.after(0, this.#look);
  }
  get #now(): number {
    return this.#parts.clock.monotonic();
  }
  /** The one that is used; undefined where none stands. */
  get used(): Watches | undefined {
    return this.#used?.link;
  }

  readonly #look = (): void => {
    const now = this.#now;
    for (const upstream of this.#upstreams) {
      const { link } = upstream;
      if (link === undefined) {
        if (now >= upstream.dialAt && this.#isWanted(upstream)) this.#dial(upstream);
        continue;
      }
      if (link.hasHeard) {
        link.hasHeard = false;
        this.#heard(upstream, now);
      }
      if (now - upstream.heardAt < SILENT) continue;
      link.close();
      this.ended(link, 'nothing is heard', false);
    }
    this.#user.look(now);
    if (!this.#closed) this.#cancel = this.#parts.clock.after(LOOK, this.#look);
  };
  #heard(upstream: Upstream, now: number): void {
    upstream.heardAt = now;
    upstream.wait = FIRST_WAIT;
    if (upstream === this.#used) this.aliveAt = now;
  }
  /** Two are held: the one that is used, and one more. */
  #isWanted(upstream: Upstream): boolean {
    return this.#upstreams.filter((each) => each !== upstream && each.link !== undefined).length < 2;
  }
  #dial(upstream: Upstream): void {
    upstream.heardAt = this.#now;
    try {
      upstream.link = this.#parts.dial(upstream.source, this);
    } catch (error) {
      this.#later(upstream, (error as Error).message);
    }
  }
  #later(upstream: Upstream, why: string): void {
    const { clock, log, below } = this.#parts;
    // Up to half as long again: not all that lost an upstream come back at once.
    const wait = upstream.wait * (1 + below(512) / 1024);
    upstream.dialAt = this.#now + wait;
    if (upstream.wait === FIRST_WAIT) log.warning(`${upstream.source.name} pushes nothing: ${why}`);
    upstream.wait = Math.min(upstream.wait * 2, MOST_WAIT);
    if (wait >= LOOK || this.#closed) return;
    this.#cancel();
    this.#cancel = clock.after(wait, this.#look);
  }

  // --- what streams say

  stands(link: Watches): void {
    const upstream = this.#of(link)!;
    upstream.heardAt = this.#now;
    this.#user.stand(1);
    link.send({ kind: 'heartbeat', seconds: BEAT });
    if (this.#used === undefined) this.#use(upstream);
  }
  #of(link: Watches): Upstream | undefined {
    return this.#upstreams.find((upstream) => upstream.link === link);
  }
  #use(upstream: Upstream): void {
    this.#used = upstream;
    this.aliveAt = this.#now;
    this.#user.begins(upstream.link!);
  }
  said(link: Watches, response: WatchResponse): void {
    const upstream = this.#used;
    if (upstream === undefined || upstream.link !== link) return;
    this.#heard(upstream, this.#now);
    const { id, canceled, error, created } = response;
    // All are canceled, and none for a reason of its own: the upstream goes away.
    if (canceled === true && error === undefined) {
      link.close();
      this.ended(link, 'it goes away', false);
    } else if (id !== 0 || error !== undefined || created === true) this.#user.said(response);
  }
  ended(link: Watches, text: string, unable: boolean): void {
    const upstream = this.#of(link);
    if (upstream === undefined) return;
    upstream.link = undefined;
    if (link.stood) this.#user.stand(-1);
    if (unable) {
      const { name } = upstream.source;
      if (!upstream.unable) this.#parts.log.warning(`${name} cannot push (${text}): it is asked as before`);
      upstream.unable = true;
      upstream.dialAt = this.#now + UNABLE_WAIT;
    } else this.#later(upstream, text);
    if (upstream !== this.#used) return;
    this.#used = undefined;
    this.#user.loses();
    const ready = this.#upstreams.find((each) => each.link?.isOpen === true);
    if (ready !== undefined) this.#use(ready);
  }
  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#used = undefined;
    for (const upstream of this.#upstreams) {
      const { link } = upstream;
      upstream.link = undefined;
      link?.close();
      if (link?.stood === true) this.#user.stand(-1);
    }
  }
}
