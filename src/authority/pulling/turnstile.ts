// How many transfers and questions are under way in a process, in all and with one primary. Knows nothing of what they are.

/** How many that have entered are forgotten at once. */
const MANY = 4096;

/** Lets so many in, and so many of them with one key. */
export class Turnstile {
  readonly #most: number;
  readonly #mostEach: number;
  readonly #inside = new Map<string, number>();
  #count = 0;
  /** Who waits, by key, those who came first before the others: `from` is the next one. */
  readonly #waiting = new Map<string, { from: number; enter: { readonly turn: number; readonly call: () => void }[] }>();
  #turn = 0;

  constructor(most: number, mostEach: number) {
    this.#most = most;
    this.#mostEach = mostEach;
  }
  /** Does it when it is its turn. */
  async pass<T>(key: string, call: () => Promise<T>): Promise<T> {
    if (this.#hasRoom(key)) this.#enter(key);
    else await new Promise<void>((enter) => this.#wait(key, enter));
    try {
      return await call();
    } finally {
      this.#leave(key);
    }
  }
  #hasRoom(key: string): boolean {
    return this.#count < this.#most && (this.#inside.get(key) ?? 0) < this.#mostEach;
  }
  #enter(key: string): void {
    this.#count++;
    this.#inside.set(key, (this.#inside.get(key) ?? 0) + 1);
  }
  #leave(key: string): void {
    this.#count--;
    const left = this.#inside.get(key)! - 1;
    if (left === 0) this.#inside.delete(key);
    else this.#inside.set(key, left);
    const next = this.#next();
    if (next === undefined) return;
    this.#enter(next.key);
    next.call();
  }
  #wait(key: string, call: () => void): void {
    const waiting = this.#waiting.get(key);
    const one = { turn: this.#turn++, call };
    if (waiting === undefined) this.#waiting.set(key, { from: 0, enter: [one] });
    else waiting.enter.push(one);
  }
  /** Takes out whoever waits longest of those whose key has room. */
  #next(): { readonly key: string; readonly call: () => void } | undefined {
    let first: { readonly key: string; readonly turn: number } | undefined;
    for (const [key, { from, enter }] of this.#waiting) {
      const { turn } = enter[from]!;
      if (this.#hasRoom(key) && (first === undefined || turn < first.turn)) first = { key, turn };
    }
    if (first === undefined) return undefined;
    const { key } = first;
    const waiting = this.#waiting.get(key)!;
    const { call } = waiting.enter[waiting.from++]!;
    if (waiting.from === waiting.enter.length) this.#waiting.delete(key);
    // What has gone is let go some at a time.
    else if (waiting.from >= MANY) {
      waiting.enter.splice(0, waiting.from);
      waiting.from = 0;
    }
    return { key, call };
  }
}
