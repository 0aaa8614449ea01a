// One question that is followed: a span for the whole way, one for each part that it is handed to, one for each question to another server.
// Knows times and numbers; how spans are written is span-form.ts's.
import type { Followed, NamedStep } from '../../kernel/query/followed.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import type { Caller } from './context.ts';

/** Spans of one question at most: one that leads to many others says no more. */
const MOST = 64;

/** So many hexadecimal digits, by chance, in eights. */
function digits(eights: number): string {
  let text = '';
  for (let i = 0; i < eights; i++) text += Math.trunc(Math.random() * 4294967296).toString(16).padStart(8, '0');
  return text;
}

/** One span. Times are milliseconds of the server's clock. */
export interface Span {
  readonly id: string;
  readonly name: string;
  /** The number of the one that it is within; -1 of the first one. */
  readonly from: number;
  readonly begun: number;
  ended: number;
  /** The other server that was asked. */
  readonly peer: string | undefined;
  failed: boolean;
}

/** What is told of the whole way. */
export interface Told {
  readonly name: string;
  readonly type: string;
  readonly proto: string;
  readonly remote: string;
  /** '' where nothing was said. */
  rcode: string;
  /** Why nobody answered; undefined where somebody did. */
  error: string | undefined;
}

/** The spans of one question. */
export class Trace implements Followed {
  readonly id: string;
  readonly caller: Caller | undefined;
  /** The caller's span and the first one are one. */
  readonly isShared: boolean;
  readonly spans: Span[];
  readonly told: Told;
  readonly #now: () => number;
  readonly #open: number[] = [0];
  #isOver = false;

  /** `begun` is when the question came; `shares` whether a caller's span is ours as well. */
  constructor(told: Told, begun: number, now: () => number, caller: Caller | undefined, shares: boolean) {
    this.told = told;
    this.#now = now;
    this.caller = caller;
    this.isShared = shares && caller !== undefined;
    this.id = caller?.trace ?? digits(4);
    const id = this.isShared ? caller!.span : digits(2);
    this.spans = [{ id, name: 'servedns', from: -1, begun, ended: begun, peer: undefined, failed: false }];
  }

  /** The id of the span that the first one is within; undefined where it is within none. */
  get parent(): string | undefined {
    return this.isShared ? this.caller!.parent : this.caller?.span;
  }
  get fields(): readonly (readonly [name: string, value: string])[] {
    const { id } = this.spans[this.deepest]!;
    return [['b3', `${this.id}-${id}-1`], ['traceparent', `00-${this.id.padStart(32, '0')}-${id}-01`]];
  }
  get deepest(): number {
    return this.#open.at(-1) ?? 0;
  }
  enter({ name }: NamedStep, from: number): number {
    if (this.#isOver || this.spans.length >= MOST) return -1;
    const begun = this.#now();
    const number = this.spans.push({ id: digits(2), name, from, begun, ended: begun, peer: undefined, failed: false }) - 1;
    this.#open.push(number);
    return number;
  }
  leave(number: number, outcome: Outcome | undefined): void {
    const span = this.spans[number]!;
    span.ended = this.#now();
    span.failed = outcome === undefined;
    const place = this.#open.lastIndexOf(number);
    if (place >= 0) this.#open.splice(place, 1);
  }
  /** Another server was asked at `begun`, and answered, or not. */
  asked(peer: string, begun: number, failed: boolean): void {
    if (this.#isOver || this.spans.length >= MOST) return;
    this.spans.push({ id: digits(2), name: 'connect', from: this.deepest, begun, ended: this.#now(), peer, failed });
  }
  /** The question has its answer: true the first time. What is still open ends now. */
  end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    const now = this.#now();
    for (const number of this.#open) this.spans[number]!.ended = now;
    return true;
  }
}
