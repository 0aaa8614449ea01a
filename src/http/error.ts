// What can be wrong with HTTP that came from elsewhere. Knows two kinds of it; knows nothing of who asked.

/** `protocol`: what came is no HTTP, or none that is safe to read. `cut`: the connection ended in the middle. */
export type HttpFault = 'protocol' | 'cut';

/** A message that cannot be read. */
export class HttpError extends Error {
  readonly kind: HttpFault;
  constructor(kind: HttpFault, text: string) {
    super(text);
    this.name = 'HttpError';
    this.kind = kind;
  }
}
