// Where threads ask the main one for what it alone can do, and get an answer: a change of a zone, a word of the operator. Knows names and
// orders; knows nothing of what is asked, and not how an order comes from another thread.
import { quoted } from '../wording/quote.ts';
import type { Clock } from './clock.ts';
import type { Signal } from './signal.ts';

/** Orders of one thread that may be under way; and milliseconds after which nobody waits any more. */
const MOST = 8192, PATIENCE = 30_000;

/** What main makes of an order, now or later; both can be sent between threads. A throw or a rejection is the answer "no", as a text. */
export type Service = (order: unknown) => unknown;
/** The way to main, in every thread. */
export interface Desk {
  /** From now on orders of this name are this one's, until the signal aborts. Main's: throws Error in every other thread. */
  serve(name: string, service: Service, signal: Signal): void;
  /**
   * What main's service of this name makes of an order. Rejects with its reason where it refuses, and where there is no such service, too
   * much is under way already, or no answer comes for half a minute: then it may have been done all the same.
   */
  ask(name: string, order: unknown): Promise<unknown>;
}

/** The end at which main answers: where it is asked itself, nothing is sent. */
export class MainDesk implements Desk {
  readonly #clock: Pick<Clock, 'after'>;
  /** Of each name those who do it; the last one is asked, so that a reload may put another one there before the old one goes. */
  readonly #services = new Map<string, Service[]>();
  readonly #bound: Bound;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
    this.#bound = new Bound(this.#clock);
  }

  serve(name: string, service: Service, signal: Signal): void {
    const others = this.#services.get(name) ?? [];
    this.#services.set(name, others);
    others.push(service);
    signal.addEventListener('abort', () => {
      others.splice(others.indexOf(service), 1);
      if (others.length === 0 && this.#services.get(name) === others) this.#services.delete(name);
    }, { once: true });
  }
  ask(name: string, order: unknown): Promise<unknown> {
    return this.#bound.wait((done, failed) => void this.answer(name, order).then(done, failed));
  }
  /** The answer to an order, wherever it came from. */
  async answer(name: string, order: unknown): Promise<unknown> {
    const service = this.#services.get(name)?.at(-1);
    if (service === undefined) throw new Error(`nobody on the main thread does ${quoted(name)}`);
    return await service(order);
  }
}

/** Keeps those who wait few, and none for ever. */
export class Bound {
  readonly #clock: Pick<Clock, 'after'>;
  #underWay = 0;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }
  /** What `begin` comes to. Rejects where too many wait, or this one did for too long. */
  wait(begin: (done: (answer: unknown) => void, failed: (error: Error) => void) => void): Promise<unknown> {
    if (this.#underWay >= MOST) return Promise.reject(new Error(`more than ${MOST} orders wait for the main thread`));
    this.#underWay++;
    return new Promise<unknown>((resolve, reject) => {
      const cancel = this.#clock.after(PATIENCE, () => reject(new Error('the main thread does not answer')));
      const over = <A>(act: (result: A) => void) => (result: A) => {
        cancel();
        act(result);
      };
      begin(over(resolve), over(reject));
    }).finally(() => {
      this.#underWay--;
    });
  }
}
