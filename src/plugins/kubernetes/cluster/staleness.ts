// Whether a cluster's data may be old, and since when, for every thread to read. Knows watches and what was restored; knows no file.
import type { Watch } from '../../../kube-api/kube-api.ts';
import { RESTORED, STALE_SINCE } from './maps.ts';
import type { Maps } from './maps.ts';

/** What of the API counts. */
export interface InTouch {
  readonly watched: readonly Pick<Watch, 'staleSince'>[];
  /** Whether every list was whole once. */
  whole(): boolean;
  /** Whether a list is under way. */
  listing(): boolean;
}

/** Keeps the flags STALE_SINCE and RESTORED. `look` is called whenever something may have changed. */
export class Staleness {
  readonly #maps: Maps;
  readonly #api: InTouch;

  constructor(maps: Maps, api: InTouch) {
    this.#maps = maps;
    this.#api = api;
  }

  /** What is served was restored: the API was last in touch at `contact`, in seconds since 1970. */
  restored(contact: number): void {
    this.#maps.flags.set(RESTORED, contact);
    this.#maps.flags.set(STALE_SINCE, contact);
  }
  /** Seconds since 1970 since when answers may be old; undefined while they are not. */
  get since(): number | undefined {
    const since = this.#maps.flags.get(STALE_SINCE);
    return since === 0 ? undefined : since >>> 0;
  }
  /** True where restored data has just become that of the API. */
  look(): boolean {
    const { flags } = this.#maps;
    if (!this.#api.whole()) return false;
    let oldest = Number.POSITIVE_INFINITY;
    for (const { staleSince } of this.#api.watched) oldest = Math.min(oldest, staleSince ?? oldest);
    // Who is in touch again after long silence has to list anew: until that is whole, what is served is old.
    const stays = oldest === Number.POSITIVE_INFINITY && flags.get(STALE_SINCE) !== 0 && this.#api.listing();
    if (!stays) flags.set(STALE_SINCE, oldest === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.floor(oldest / 1000)));
    if (flags.get(RESTORED) === 0 || flags.get(STALE_SINCE) !== 0) return false;
    flags.set(RESTORED, 0);
    return true;
  }
}
