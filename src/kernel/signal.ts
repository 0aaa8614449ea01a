// The signal that ends things, as whoever compiles against it knows it. Knows the platform's type where there is one.

/** `AbortSignal`, of Node or of browsers; where the compiler was told of neither, what is used of it here. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};

/** What ends things, as far as those need it who wait for the end: every signal is one, and so is an `Ending`. */
export interface End {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
}

/** An end that takes little: of what there are ten thousand of. */
export class Ending implements End {
  #listeners: (() => void)[] | undefined = [];

  get aborted(): boolean {
    return this.#listeners === undefined;
  }
  /** Calls when it is the end; later, never. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.push(listener);
  }
  /** Calls no more. */
  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at >= 0) this.#listeners!.splice(at, 1);
  }
  /** It is the end, once. */
  abort(): void {
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }
}
