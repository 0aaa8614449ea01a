// From the rings of the threads to a collector: spans wait, and are posted together when there are enough of them or it is time. Knows
// rings and posts; knows nothing of spans. Main's.
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Rings } from '../../store/rings.ts';
import type { Posted } from './poster.ts';
import type { Envelope } from './span-form.ts';

/** Milliseconds: between looks at the rings, between tries while the collector takes nothing, between words about what was lost. */
const LOOK = 100, AGAIN = 10_000, SAY = 10_000;
/** In front of the text of a frame: its length in four bytes, its spans in two. */
export const FRAME_HEAD = 6;
/** Bytes of one post. */
const MOST_BYTES = 1 << 20;

/** How much waits, and how long. */
export interface Patience {
  readonly mostWaiting: number;
  readonly batch: number;
  readonly interval: number;
}
/** What it posts with. */
export interface Post {
  post(body: Uint8Array): Promise<Posted>;
  close(): void;
}

/** One place that spans go to. */
export class Collector {
  readonly #patience: Patience;
  readonly #envelope: Envelope;
  readonly #poster: Post;
  readonly #place: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #sources = new Set<Rings>();
  #waiting: { readonly text: string; readonly spans: number }[] = [];
  #spans = 0;
  #lost = 0;
  #postedAt: number;
  #saidAt: number;
  #isAway = false;
  #isClosed = false;
  #posting: Promise<void> | undefined;
  #cancel: () => void;

  constructor(parts: {
    readonly patience: Patience; readonly envelope: Envelope; readonly poster: Post; readonly place: string; readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#patience = parts.patience;
    this.#envelope = parts.envelope;
    this.#poster = parts.poster;
    this.#place = parts.place;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#postedAt = this.#saidAt = parts.clock.monotonic();
    this.#cancel = parts.clock.after(LOOK, () => this.#look());
  }

  /** From now on spans of these rings are taken. */
  add(source: Rings): void {
    this.#sources.add(source);
  }
  /** They are not any more, once what is in them has been taken. */
  remove(source: Rings): void {
    this.#take();
    this.#sources.delete(source);
  }
  #look(): void {
    if (this.#isClosed) return;
    this.#take();
    const now = this.#clock.monotonic();
    const wait = this.#isAway ? AGAIN : this.#patience.interval;
    if (this.#spans > 0 && (now - this.#postedAt >= wait || (!this.#isAway && this.#spans >= this.#patience.batch))) void this.#send();
    if (this.#lost > 0 && now - this.#saidAt >= SAY) this.#say(now);
    this.#cancel = this.#clock.after(Math.min(LOOK, this.#patience.interval), () => this.#look());
  }
  #say(now: number): void {
    this.#log.warning(`Dropped spans: ${this.#lost} of queries whose spans found no room`);
    this.#lost = 0;
    this.#saidAt = now;
  }
  #take(): void {
    for (const source of this.#sources) {
      for (const ring of source.all) {
        this.#lost += ring.takeLost();
        for (let frames = ring.look(); frames.length > 0; frames = ring.look()) {
          this.#read(frames);
          ring.take(frames.length);
        }
      }
    }
    // The oldest go first: what is new is what somebody looks for.
    while (this.#spans > this.#patience.mostWaiting && this.#waiting.length > 1) {
      this.#spans -= this.#waiting.shift()!.spans;
      this.#lost++;
    }
  }
  #read(frames: Uint8Array): void {
    for (let at = 0; at < frames.length;) {
      const length = frames[at]! | (frames[at + 1]! << 8) | (frames[at + 2]! << 16) | (frames[at + 3]! << 24);
      const spans = frames[at + 4]! | (frames[at + 5]! << 8);
      at += FRAME_HEAD;
      this.#waiting.push({ text: latin1(frames, at, at + length), spans });
      this.#spans += spans;
      at += length;
    }
  }

  /** Posts what waits; one post is under way at most. */
  #send(): Promise<void> {
    return (this.#posting ??= this.#sendAll().finally(() => (this.#posting = undefined)));
  }
  async #sendAll(): Promise<void> {
    while (this.#spans > 0 && !this.#isClosed) {
      const waiting = this.#waiting;
      let count = 0, bytes = 0, spans = 0;
      for (; count < waiting.length && (count === 0 || bytes + waiting[count]!.text.length <= MOST_BYTES); count++) {
        bytes += waiting[count]!.text.length + 1;
        spans += waiting[count]!.spans;
      }
      const posted = waiting.splice(0, count);
      this.#spans -= spans;
      this.#postedAt = this.#clock.monotonic();
      const { before, after } = this.#envelope;
      const outcome = await this.#poster.post(latin1Bytes(`${before}${posted.map(({ text }) => text).join(',')}${after}`));
      if (outcome === 'taken') {
        this.#isAway = false;
        continue;
      }
      if (!this.#isAway) this.#log.error(`Spans cannot be sent to ${this.#place}: ${outcome.why}`);
      this.#isAway = true;
      if (outcome.forGood) this.#lost += count;
      else {
        this.#waiting = [...posted, ...this.#waiting];
        this.#spans += spans;
      }
      return;
    }
  }
  /** What is there is sent, as far as that is possible at once. */
  async flush(): Promise<void> {
    await this.#posting;
    this.#take();
    if (this.#spans > 0) await this.#send();
  }
  /** All ends. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#poster.close();
  }
}
