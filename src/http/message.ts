// What comes over HTTP and what is said to it, as values. Knows no socket and nothing of Node, since authors of plugins see it.
/** A request without its body, which is skipped. */
export interface HttpRequest {
  readonly method: string;
  /** The path as it was sent, without `?`. */
  readonly path: string;
  /** What stands behind `?`. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}
/** What is said. */
export interface HttpReply {
  readonly status: number;
  readonly body: string | Uint8Array;
  /** `text/plain; charset=utf-8` where it is not given. */
  readonly type?: string;
  readonly headers?: { readonly [name: string]: string };
}
