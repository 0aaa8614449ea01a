// The signal that ends things, as whoever compiles against it knows it. Knows the platform's type where there is one.

/** `AbortSignal`, of Node or of browsers; where the compiler was told of neither, what is used of it here. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};
