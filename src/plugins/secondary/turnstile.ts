// How many transfers and questions are under way in a process, in all and with one primary. Knows nothing of what they are.

/** Lets so many in, and so many of them with one key. */
export class Turnstile {
  readonly #most: number;
  readonly #mostEach: number;
  readonly #inside = new Map<string, number>();
  #count = 0;
  #waiting: { readonly key: string; readonly enter: () => void }[] = [];

  constructor(most: number, mostEach: number) {
    this.#most = most;
    this.#mostEach = mostEach;
  }
  /** Does it when it is its turn. */
  async pass<T>(key: string, call: () => Promise<T>): Promise<T> {
    if (this.#hasRoom(key)) this.#enter(key);
    else await new Promise<void>((enter) => this.#waiting.push({ key, enter }));
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
    const next = this.#waiting.findIndex((each) => this.#hasRoom(each.key));
    if (next < 0) return;
    const [{ key: whose, enter }] = this.#waiting.splice(next, 1) as [{ key: string; enter: () => void }];
    this.#enter(whose);
    enter();
  }
}
