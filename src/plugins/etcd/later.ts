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

/** What one answer has waited for. */
export class Later {
  readonly #known = new Map<string, { readonly value: unknown } | { readonly error: unknown }>();

  /** What `ask` says, asked once under this name. Throws Pending where that comes later, and what it rejected with. */
  get<T>(name: string, ask: () => T | Promise<T>): T {
    const known = this.#known.get(name);
    if (known !== undefined) {
      if ('error' in known) throw known.error;
      return known.value as T;
    }
    const answer = ask();
    if (!(answer instanceof Promise)) {
      this.#known.set(name, { value: answer });
      return answer;
    }
    throw new Pending(answer.then((value) => {
      this.#known.set(name, { value });
    }, (error: unknown) => {
      this.#known.set(name, { error });
    }));
  }
}
