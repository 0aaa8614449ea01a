// How many do something at the same time; the others wait for their turn. Knows nothing of what it is.

/** Lets so many through. */
export class Gate {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }
  /** Resolves when it is this one's turn, with whether it had to wait; its end is to be said with `leave`, whatever happens. */
  async enter(): Promise<boolean> {
    const waits = this.#inside === this.#most;
    if (waits) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside++;
    return waits;
  }
  /** The next one's turn. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside--;
    else next();
  }
}
