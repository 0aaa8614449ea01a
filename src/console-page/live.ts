// The questions as they come: first the last ones, then a stream that goes on where those end; held where somebody wants to read. Knows
// rows, not how they are drawn.
import { batch, signal } from '@preact/signals';
import { EventReader } from './events.ts';
import { Refusal, ask, listen, me } from './server.ts';
import type { Question, Questions, Row, Told } from './shapes.ts';

/** Rows that are kept, rows that are asked for at first, and milliseconds until a stream is opened again. */
const KEPT = 500, FIRST = 200, AGAIN = 1000;

/** What is shown of a second. */
export interface Flow {
  /** Questions of the server, and those that fit, in the last second. */
  readonly seen: number;
  readonly matched: number;
  /** Of those that fit one in so many is a row. */
  readonly every: number;
}
const STILL: Flow = { seen: 0, matched: 0, every: 1 };

/** One view of the questions, by one filter. */
export class Live {
  /** The newest first. */
  readonly rows = signal<readonly Row[]>([]);
  readonly flow = signal<Flow>(STILL);
  /** Rows that nobody can tell of any more. */
  readonly lost = signal(0);
  readonly isPaused = signal(false);
  /** Rows that wait until somebody has read those that are there. */
  readonly waiting = signal(0);
  /** Why the filter is none. */
  readonly problem = signal<string | undefined>(undefined);
  /** A moment of the past in place of what comes: milliseconds since 1970. */
  #moment: readonly [from: number, until: number] | undefined;
  #filter: string | undefined;
  #next = '';
  #count = 0;
  #held: readonly Row[] = [];
  #isHeld = false;
  #end = new AbortController();
  #last: (Told & { readonly heard: number })[] = [];

  /** Shows what fits a filter, and nothing before it. */
  show(filter: string, moment?: readonly [from: number, until: number]): void {
    if (this.#filter === filter && String(moment) === String(this.#moment)) return;
    this.#filter = filter;
    this.#moment = moment;
    this.#end.abort();
    this.#end = new AbortController();
    this.#next = '';
    this.#held = [];
    batch(() => {
      this.rows.value = [];
      this.lost.value = this.waiting.value = 0;
      this.flow.value = STILL;
      this.problem.value = undefined;
    });
    void this.#run(filter, this.#end.signal);
  }
  /** Ends it. */
  close(): void {
    this.#filter = undefined;
    this.#end.abort();
  }
  /** Rows wait, or go on. */
  pause(isPaused = !this.isPaused.value): void {
    this.isPaused.value = isPaused;
    this.#release();
  }
  /** The same while somebody points at them. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#release();
  }
  #release(): void {
    if (this.isPaused.value || this.#isHeld || this.#held.length === 0) return;
    const rows = this.#held;
    this.#held = [];
    batch(() => {
      this.rows.value = [...rows, ...this.rows.value].slice(0, KEPT);
      this.waiting.value = 0;
    });
  }

  async #run(filter: string, end: AbortSignal): Promise<void> {
    const search = new URLSearchParams({ filter });
    while (!end.aborted) {
      try {
        if (this.#moment !== undefined) return await this.#past(search, this.#moment, end);
        if (this.#next === '') {
          const first = await ask<Questions>(`/v1/queries?${search}&limit=${FIRST}`, end);
          this.#next = first.next;
          this.#add(first.queries);
        }
        await this.#stream(search, end);
      } catch (error) {
        if (end.aborted) return;
        if (error instanceof Refusal && error.status === 400) {
          this.problem.value = error.message;
          if (this.#next === '') return;
          this.#next = '';
        }
      }
      this.flow.value = STILL;
      this.#last = [];
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
      while (me.value === 'nobody' && !end.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
  async #past(search: URLSearchParams, [from, until]: readonly [number, number], end: AbortSignal): Promise<void> {
    search.set('since', String(from));
    search.set('until', String(until));
    const { queries, left } = await ask<Questions>(`/v1/queries?${search}&limit=${KEPT}`, end);
    this.#add(queries);
    this.lost.value = left;
  }
  async #stream(search: URLSearchParams, end: AbortSignal): Promise<void> {
    const reader = new EventReader();
    for await (const part of listen(`/v1/queries?${search}&after=${encodeURIComponent(this.#next)}`, end)) {
      for (const { event, data, id } of reader.feed(part)) {
        if (event !== 'queries') continue;
        this.#next = id ?? this.#next;
        const told = JSON.parse(data) as Told;
        this.#add(told.queries);
        this.#flows(told);
      }
    }
  }
  #flows(told: Told): void {
    const heard = Date.now();
    this.#last = [...this.#last.filter((each) => heard - each.heard < 1000), { ...told, heard }];
    const sum = (of: (each: Told) => number): number => this.#last.reduce((all, each) => all + of(each), 0);
    batch(() => {
      this.lost.value += told.lost;
      this.flow.value = { seen: sum(({ seen }) => seen), matched: sum(({ matched }) => matched), every: told.every };
    });
  }
  #add(queries: readonly Question[]): void {
    const rows = queries.map((question): Row => ({ ...question, key: ++this.#count })).toReversed();
    if (rows.length === 0) return;
    if (this.#count === rows.length) requestAnimationFrame(() => performance.mark('first rows'));
    this.#held = [...rows, ...this.#held].slice(0, KEPT);
    this.waiting.value = this.#held.length;
    this.#release();
  }
}
