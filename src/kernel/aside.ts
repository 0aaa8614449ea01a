// Work that takes too long for a thread that serves, handed to one that does not. Knows nothing of what the work is.

/** A thread for long work: there when there is some, gone when it is idle. */
export interface Aside {
  /**
   * What the work of this name makes of an order; both can be sent between threads. What `moves` is of no use here any more: it is not
   * copied. Orders are done one after the other. Rejects where the thread died of it.
   */
  ask(work: string, order: unknown, moves?: readonly ArrayBuffer[]): Promise<unknown>;
}
