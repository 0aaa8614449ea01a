// What happens to a server beside its questions: it was loaded, it warned, something went down or came back. The last of it is kept for
// whoever comes later, numbered. Knows streams and texts; what is told of, tells.
import type { EventStream } from '../http/event-stream.ts';
import type { Clock } from '../kernel/clock.ts';

/** Events that are kept, and warnings of a second: of a log that runs over the rest is counted. */
const KEPT = 1000, WARNINGS = 20;
/** Milliseconds between signs of life. */
const BEAT = 15_000;

/** One event. */
interface Happening {
  readonly id: number;
  readonly event: string;
  readonly data: string;
}

/** All readers of a process. */
export class EventFeed {
  readonly #clock: Clock;
  readonly #process: string;
  readonly #kept: Happening[] = [];
  readonly #readers = new Set<EventStream>();
  #next = 1;
  #second = 0;
  #warnings = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, process: string) {
    this.#clock = clock;
    this.#process = process;
  }
  /** Whether somebody watches. */
  get isWatched(): boolean {
    return this.#readers.size > 0;
  }
  /** Something happened. */
  tell(event: string, what: object): void {
    const happening = { id: this.#next++, event, data: JSON.stringify({ at: new Date(this.#clock.wall()).toISOString(), ...what }) };
    this.#kept.push(happening);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const stream of [...this.#readers]) this.#say(stream, happening);
  }
  /** The log said something. */
  warn(level: string, text: string): void {
    const second = Math.floor(this.#clock.wall() / 1000);
    if (second !== this.#second) {
      const more = this.#warnings - WARNINGS;
      this.#second = second;
      this.#warnings = 0;
      if (more > 0) this.tell('warning', { level: 'WARN', text: `${more} more lines of the log were not told` });
    }
    if (++this.#warnings <= WARNINGS) this.tell('warning', { level, text });
  }
  /** A reader hears what comes, and what came after the event with this id. False where that is none. */
  add(stream: EventStream, after: string | undefined): void {
    const [process, number] = after?.split('-') ?? [];
    const from = after === undefined ? this.#next : process === this.#process ? Number(number) + 1 : 0;
    const [first] = this.#kept;
    if (after !== undefined && process === this.#process && first !== undefined && first.id > from) {
      stream.send({ event: 'lost', data: JSON.stringify({ lost: first.id - from }) });
    }
    for (const happening of this.#kept) if (happening.id >= from) this.#say(stream, happening);
    this.#readers.add(stream);
    this.#cancel ??= this.#clock.after(BEAT, this.#beat);
  }
  /** It hears no more. */
  remove(stream: EventStream): void {
    this.#readers.delete(stream);
  }
  /** Nobody is told any more. */
  close(): void {
    this.#cancel?.();
    for (const stream of [...this.#readers]) stream.end();
  }
  #say(stream: EventStream, { id, event, data }: Happening): void {
    const lost = stream.takes ? stream.takeLost() : 0;
    if (lost > 0) stream.send({ event: 'lost', data: JSON.stringify({ lost }) });
    stream.send({ event, id: `${this.#process}-${id}`, data });
  }
  readonly #beat = (): void => {
    this.#cancel = undefined;
    if (this.#readers.size === 0) return;
    for (const stream of this.#readers) stream.beat();
    this.#cancel = this.#clock.after(BEAT, this.#beat);
  };
}
/** Whether a text can be the id of an event. */
export const isEventId = (text: string): boolean => /^[0-9a-z]{1,12}-\d{1,15}$/.test(text);
