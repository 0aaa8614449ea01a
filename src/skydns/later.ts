// What an answer needs and is not at hand: the one who needs it is ended there, and runs again from the beginning when it has come, with
// all that came before at hand. So who makes answers waits for nothing, and one whose parts are all at hand is made at once. Knows no
// answer.

/** Thrown where something has to be waited for. */
export class Pending extends Error {
  /** Resolves, never rejects, when it is there. */
  readonly come: Promise<void>;
  constructor(come: Promise<void>) {
    super('something is not at hand yet');
    this.come = come;
  }
}

/** What is waited for at once, at most: an answer may lead to thousands of names. */
const MOST = 16;

/** Several things of one answer, of which some may not be at hand: they are asked for side by side. */
export class Several {
  readonly #come: Promise<void>[] = [];

  /** Does one; where that has to wait, the next ones are begun all the same. */
  do(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof Pending)) throw error;
      this.#come.push(error.come);
      if (this.#come.length >= MOST) this.end();
    }
  }
  /** Behind the last one: throws Pending where one has to be waited for. */
  end(): void {
    if (this.#come.length > 0) throw new Pending(Promise.all(this.#come).then(() => {}));
  }
}

/** What one answer has waited for. */
export class Later {
  readonly #known = new Map<string, { readonly value: unknown } | { readonly error: unknown } | Pending>();

  /** What `ask` says, asked once under this name. Throws Pending where that comes later, and what it rejected with. */
  get<T>(name: string, ask: () => T | Promise<T>): T {
    const known = this.#known.get(name);
    if (known instanceof Pending) throw known;
    if (known !== undefined) {
      if ('error' in known) throw known.error;
      return known.value as T;
    }
    const answer = ask();
    if (!(answer instanceof Promise)) {
      this.#known.set(name, { value: answer });
      return answer;
    }
    const pending = new Pending(answer.then((value) => {
      this.#known.set(name, { value });
    }, (error: unknown) => {
      this.#known.set(name, { error });
    }));
    this.#known.set(name, pending);
    throw pending;
  }
}
