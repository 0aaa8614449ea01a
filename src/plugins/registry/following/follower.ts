// Follows one zone of another registry: asks its servers in turn for what is another since the state that is known, and puts that in its
// place. Knows the events of `GET /v1/zones/ZONE/changes`; knows the copy by its interface. Main's.
import type { ConnectionOptions } from 'node:tls';
import type { Name } from '../../../dns/name.ts';
import { ApiError } from '../../../kube-api/api-error.ts';
import { get } from '../../../kube-api/http-get.ts';
import { LineSplitter } from '../../../kube-api/line-splitter.ts';
import { pause } from '../../../kube-api/pause.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { VERSION } from '../../../kernel/version.ts';
import type { ApiPlace } from '../../../web-api/api-request.ts';
import type { Copy } from './copy.ts';
import { readTold } from './told-change.ts';

/** What it lives on. */
export interface FollowerParts {
  readonly places: readonly ApiPlace[];
  readonly zone: Name;
  /** The key of the zone in the copy. */
  readonly key: string;
  readonly copy: Copy;
  readonly clock: Clock;
  /** The token that is sent, and what connections are made secure with; both as the files are now. Throws Error. */
  readonly token: () => string | undefined;
  readonly tls: () => ConnectionOptions;
  /** It follows, does not any more, or knows something else. */
  readonly told: () => void;
}

/** Milliseconds until a connection stands, for the head of a reply, and without a word: three of the other side's signs of life. */
const LIMITS = { connect: 5000, head: 10_000, silence: 15_000 };
/** Milliseconds between two tries, at first and at most; keys of one zone. */
const FIRST = 100, LONGEST = 5000, MOST = 1_000_000;

/** One zone. */
export class Follower {
  readonly #parts: FollowerParts;
  #next = 0;
  /** All keys, as far as they have come. */
  #all: Map<string, string> | undefined;
  /** When it was said last that this is all, by the clock that only grows; undefined: it never was. */
  #heard: number | undefined;
  #isFollowing = false;
  /** The state that is known; '': none is. */
  token = '';
  /** Since when it does not follow, in milliseconds of the wall clock, and why. */
  trouble: { readonly since: number; readonly why: string } | undefined;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }
  /** Goes on from a state that was known so many milliseconds ago. */
  restore(token: string, age: number): void {
    this.token = token;
    this.#heard = this.#parts.clock.monotonic() - age;
  }
  get isKnown(): boolean {
    return this.#heard !== undefined;
  }
  get key(): string {
    return this.#parts.key;
  }
  /** Seconds for which nobody has said that what is known is current; undefined: somebody says so. */
  get away(): number | undefined {
    return this.#isFollowing || this.#heard === undefined ? undefined : Math.max(0, (this.#parts.clock.monotonic() - this.#heard) / 1000);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, places } = this.#parts;
    for (let wait = FIRST; !signal.aborted;) {
      const place = places[this.#next++ % places.length]!;
      let why = 'it ended the connection', followed = false;
      try {
        await this.#follow(place, signal);
      } catch (error) {
        if (signal.aborted) return;
        why = (error as Error).message;
      }
      this.#all = undefined;
      if (this.#isFollowing) {
        followed = true;
        // The same one, which may have had a reload, or the next.
        wait = FIRST;
        this.#isFollowing = false;
      }
      // What goes on at once is no trouble.
      if (!followed) this.#tell(`${place.authority}: ${why}`);
      await pause(clock, wait * (0.5 + Math.random() / 2), signal);
      if (!followed) wait = Math.min(LONGEST, wait * 2);
    }
  }
  #tell(why: string | undefined): void {
    const { clock, told } = this.#parts;
    if (why === undefined ? this.trouble === undefined : this.trouble?.why === why) return;
    const since = clock.wall() - (this.away ?? 0) * 1000;
    this.trouble = why === undefined ? undefined : { since: this.trouble?.since ?? since, why };
    told();
  }

  async #follow({ host, port, authority, secure, prefix }: ApiPlace, signal: AbortSignal): Promise<void> {
    const { clock, zone, token, tls } = this.#parts;
    const bearer = token();
    const headers = [
      ['User-Agent', `coredns-ts/${VERSION}`], ['Accept', 'text/event-stream'],
      ...this.token === '' ? [] : [['Last-Event-ID', this.token] as const],
      ...bearer === undefined ? [] : [['Authorization', `Bearer ${bearer}`] as const],
    ] as const;
    let status = 0, refused = '', event = '', id = '';
    const lines = new LineSplitter((bytes) => {
      const line = bytes.toString();
      if (line.startsWith('event: ')) event = line.slice(7);
      else if (line.startsWith('id: ')) id = line.slice(4);
      else if (line.startsWith('data: ')) {
        this.#take(event, id, line.slice(6));
        event = id = '';
      }
    });
    await get({
      host, port, authority, tls: secure ? tls() : undefined, headers, limits: LIMITS,
      target: `${prefix}/v1/zones/${encodeURIComponent(zone.text.slice(0, -1))}/changes`,
    }, {
      head: (head) => {
        status = head.status;
      },
      content: (part) => {
        if (status !== 200) {
          refused = (refused + part.toString()).slice(0, 500);
          return;
        }
        if (this.#isFollowing) this.#heard = clock.monotonic();
        lines.feed(part);
      },
    }, clock, signal);
    if (status !== 200) throw new ApiError('status', `it answered ${status}${titleOf(refused)}`);
  }
  /** An event. Throws Error where it is none. */
  #take(event: string, id: string, data: string): void {
    const { copy, key } = this.#parts;
    const { keys, more = false } = readTold(data);
    if (id !== '' && !/^[0-9a-f]{1,16}-\d{1,18}$/.test(id)) throw new Error('it told a state that is none');
    if (event === 'all') {
      const all = this.#all ??= new Map();
      for (const each of keys) all.set(each.key, each.value ?? '');
      if (all.size > MOST) throw new Error(`the zone has more than ${MOST} keys`);
      if (more || id === '') return;
      copy.replace(key, all);
      this.#all = undefined;
    } else if (event === 'changed') {
      // Before it is known what was there, a change says nothing.
      if (!this.#isFollowing) throw new Error('it told a change of what it did not tell');
      copy.change(key, keys);
    } else if (event !== 'since') return;
    else if (!this.isKnown) throw new Error('it told nothing of what there is');
    if (id !== '') this.token = id;
    this.#heard = this.#parts.clock.monotonic();
    const began = !this.#isFollowing;
    this.#isFollowing = true;
    this.#tell(undefined);
    if (began || event !== 'since') this.#parts.told();
  }
}
/** What a problem says in a few words (RFC 9457). */
function titleOf(text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { readonly title?: unknown; readonly detail?: unknown };
    return [title, detail].filter((each) => typeof each === 'string').map((each) => `: ${each}`).join('');
  } catch {
    return '';
  }
}
