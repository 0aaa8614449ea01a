// Server-sent events (WHATWG HTML 9.2): a reply that goes on, said event by event to whoever takes them. Knows the form of an event and who
// does not read; knows no API.
import { Heading } from './exchange.ts';
import type { Exchange, Talk, Talker } from './exchange.ts';

/** Bytes that a reader may let pass before it is cut. */
const MOST_LOST = 1 << 20;
/** No proxy on the way is to keep events for later. */
const EVENTS = new Heading(200, [
  ['Content-Type', 'text/event-stream'], ['Cache-Control', 'no-store'], ['X-Accel-Buffering', 'no'], ['X-Content-Type-Options', 'nosniff'],
], false);

/** One event. No member but `data` has line breaks. */
export interface ServerEvent {
  /** What it is; `message` where nothing is said. */
  readonly event?: string;
  readonly data: string;
  /** Where a reader goes on that comes back: its Last-Event-ID. */
  readonly id?: string;
}

/** What one reader hears. */
export class EventStream implements Talker {
  readonly #over: () => void;
  readonly #drained: () => void;
  #talk: Talk | undefined;
  #takes = true;
  #lost = 0;
  #lostBytes = 0;
  #isOver = false;

  private constructor(over: () => void, drained: () => void) {
    this.#over = over;
    this.#drained = drained;
  }
  /**
   * Begins the reply of a request; `over` hears once that nobody reads any more, `drained` that the reader takes more. undefined where no
   * reply can go on there.
   */
  static open(exchange: Exchange, over: () => void, drained: () => void = () => {}): EventStream | undefined {
    if (exchange.talk === undefined || exchange.method !== 'GET') return undefined;
    const stream = new EventStream(over, drained);
    const talk = exchange.talk(EVENTS, stream);
    if (talk === undefined) return undefined;
    stream.#talk = talk;
    return stream;
  }

  /** Nobody hears it any more. */
  get isOver(): boolean {
    return this.#isOver;
  }
  /** Whether what is said now would be heard. */
  get takes(): boolean {
    return this.#takes && !this.#isOver;
  }
  /** Says an event. Whoever has not taken those before loses it, and is cut when it lost too much; false then. */
  send({ event, data, id }: ServerEvent): boolean {
    const head = `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}`;
    // A carriage return would end a line too.
    return this.#say(`${head}${data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join('')}\n`, true);
  }
  /** A sign of life, of which the reader's program is told nothing. */
  beat(): void {
    if (this.#takes) this.#say(':\n\n', false);
  }
  /** How many events were lost since this was last called. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
  /** Says no more. */
  end(): void {
    if (this.#isOver) return;
    this.gone();
    this.#talk?.end();
  }

  #say(text: string, isCounted: boolean): boolean {
    if (this.#isOver) return false;
    const bytes = Buffer.from(text);
    if (this.#takes) {
      this.#takes = this.#talk?.say(bytes, 0, bytes.length) !== false;
      return true;
    }
    if (isCounted) this.#lost++;
    this.#lostBytes += bytes.length;
    if (this.#lostBytes > MOST_LOST) this.end();
    return false;
  }

  // --- of the connection

  part(): void {}
  ended(): void {}
  drained(): void {
    this.#takes = true;
    this.#lostBytes = 0;
    this.#drained();
  }
  gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over();
  }
}
