// The way to main in a thread beside it: orders are sent there, and answers find who waits for them. Knows messages; knows nothing of what
// is asked.
import type { Clock } from '../kernel/clock.ts';
import { Bound } from '../kernel/desk.ts';
import type { Desk } from '../kernel/desk.ts';
import type { Report, Request } from './messages.ts';

/** Whoever waits for an answer. */
interface Waiting {
  readonly done: (answer: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** One thread's way. */
export class FarDesk implements Desk {
  readonly #say: (report: Report) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #bound: Bound;
  #ids = 0;

  constructor(clock: Pick<Clock, 'after'>, say: (report: Report) => void) {
    this.#say = say;
    this.#bound = new Bound(clock);
  }

  serve(name: string): never {
    throw new Error(`the main thread alone does ${name}`);
  }
  ask(name: string, order: unknown): Promise<unknown> {
    const id = ++this.#ids;
    return this.#bound.wait((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#say({ what: 'ask', id, name, order });
    }).finally(() => this.#waiting.delete(id));
  }
  /** Main has answered. */
  hear(answer: Extract<Request, { readonly what: 'answer' | 'no' }>): void {
    const waiting = this.#waiting.get(answer.id);
    if (answer.what === 'answer') waiting?.done(answer.answer);
    else waiting?.failed(new Error(answer.text));
  }
}
