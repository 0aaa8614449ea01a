// Things that several users need once: opened by the first, closed after the last. Knows nothing of what they are.
import type { End } from './signal.ts';

/** What can be closed. */
export interface Closable {
  close(): void | Promise<void>;
}

/** Opened things by key. A reload that uses a key again keeps the thing open. */
export class Shared {
  readonly #open = new Map<string, { readonly thing: Promise<Closable>; users: number }>();

  /** The thing of this key, opened now if nobody has it. It is closed when the signals of all of its users have aborted. */
  async use<T extends Closable>(key: string, signal: End, open: () => T | Promise<T>): Promise<T> {
    let entry = this.#open.get(key);
    if (entry === undefined) {
      entry = { thing: Promise.resolve().then(open), users: 0 };
      this.#open.set(key, entry);
      entry.thing.catch(() => this.#open.delete(key));
    }
    const held = entry;
    held.users++;
    const leave = () => {
      if (--held.users > 0) return;
      if (this.#open.get(key) === held) this.#open.delete(key);
      void held.thing.then((thing) => thing.close()).catch(() => {});
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return (await held.thing) as T;
  }
}
