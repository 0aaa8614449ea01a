// The questions of the server as they come, to whoever watches: every record is looked at by the filter of each reader, and of those that
// fit a reader hears 200 a second at most, one in so many where there are more. While nobody watches, nobody reads. Knows records and
// streams.
import type { EventStream } from '../http/event-stream.ts';
import type { Clock } from '../kernel/clock.ts';
import { RecentReader } from '../kernel/seen/recent-reader.ts';
import type { RecentQuestion, RecentRecord } from '../kernel/seen/recent-reader.ts';
import type { Memory } from '../store/memory.ts';
import { questionJson } from './filter.ts';
import type { Filter } from './filter.ts';
import { cursorText } from './queries.ts';
import type { Cursor } from './queries.ts';

/** Milliseconds between looks: the records of a thread that answers 400,000 a second last for ten. */
const EVERY = 10;
/** Looks between two events, and events without a word until a sign of life. */
const LOOKS = 10, SILENT = 150;
/** Rows a second for each reader; they may come at once. */
const ROWS = 200;

/** One reader. */
class QueryReader {
  readonly stream: EventStream;
  readonly #filter: Filter;
  #rows: RecentQuestion[] = [];
  /** Questions that were looked at, those of them that fit, and how many of these stand for a row. */
  #seen = 0;
  #matched = 0;
  #every = 1;
  #lost = 0;
  #room = ROWS;
  #silent = 0;

  constructor(stream: EventStream, filter: Filter) {
    this.stream = stream;
    this.#filter = filter;
  }
  readonly offer = (record: RecentRecord): void => {
    this.#seen++;
    if (!this.#filter(record)) return;
    const index = this.#matched++;
    if (index % this.#every !== 0) return;
    // Where there is no room for all, every other one of what is here goes: what stays is one in so many, evenly.
    while (this.#rows.length >= Math.max(1, Math.floor(this.#room))) {
      this.#rows = this.#rows.filter((_, i) => i % 2 === 0);
      this.#every *= 2;
      if (index % this.#every !== 0) return;
    }
    this.#rows.push(record.question);
  };
  miss(count: number): void {
    this.#lost += count;
  }
  /** Says what came since the last time. */
  say(next: string): void {
    this.#room = Math.min(ROWS, this.#room + (ROWS * EVERY * LOOKS) / 1000);
    if (this.#matched === 0 && this.#lost === 0) {
      if (++this.#silent % SILENT === 0) this.stream.beat();
      return;
    }
    this.#silent = 0;
    const rows = this.#rows.toSorted((one, other) => one.at - other.at);
    const [seen, matched, every, lost] = [this.#seen, this.#matched, this.#every, this.#lost];
    const data = JSON.stringify({ queries: rows.map(questionJson), seen, matched, every, lost });
    if (this.stream.send({ event: 'queries', id: next, data })) {
      this.#room -= rows.length;
      this.#lost = this.#seen = 0;
    } else this.#lost += matched;
    this.#rows = [];
    this.#matched = 0;
    this.#every = 1;
  }
}

/** All readers of a process. */
export class QueryFeed {
  readonly #reader: RecentReader;
  readonly #clock: Clock;
  readonly #process: string;
  readonly #readers = new Set<QueryReader>();
  /** How far everybody has read. */
  #position = new Map<number, number>();
  #looks = 0;
  #cancel: (() => void) | undefined;

  constructor(memory: Memory, clock: Clock, process: string) {
    this.#reader = new RecentReader(memory);
    this.#clock = clock;
    this.#process = process;
  }
  /** From now on, or from where somebody was before, a reader hears of what fits. The stream is told to it later. */
  add(stream: EventStream, filter: Filter, cursor: Cursor | undefined): () => void {
    if (this.#readers.size === 0) this.#position = new Map(this.#reader.written);
    else this.#look();
    const reader = new QueryReader(stream, filter);
    if (cursor !== undefined) {
      for (const [thread, last] of this.#position) reader.miss(this.#reader.each(thread, cursor.get(thread) ?? 0, last, reader.offer));
    }
    this.#readers.add(reader);
    this.#cancel ??= this.#clock.after(EVERY, this.#tick);
    return () => this.#readers.delete(reader);
  }
  /** Nobody is told any more. */
  close(): void {
    this.#cancel?.();
    for (const { stream } of [...this.#readers]) stream.end();
  }
  readonly #tick = (): void => {
    this.#cancel = undefined;
    if (this.#readers.size === 0) return;
    this.#look();
    if (++this.#looks % LOOKS === 0) {
      const next = cursorText(this.#process, this.#position);
      for (const reader of [...this.#readers]) reader.say(next);
    }
    this.#cancel = this.#clock.after(EVERY, this.#tick);
  };
  #look(): void {
    for (const [thread, last] of this.#reader.written) {
      const from = this.#position.get(thread) ?? 0;
      if (from === last) continue;
      this.#position.set(thread, last);
      const lost = this.#reader.each(thread, from, last, (record) => {
        for (const reader of this.#readers) reader.offer(record);
      });
      if (lost > 0) for (const reader of this.#readers) reader.miss(lost);
    }
  }
}
