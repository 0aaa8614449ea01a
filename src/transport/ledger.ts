// What the streams of a process hold, counted by all of its threads in shared memory. Knows numbers alone.
import { CLIENT_WORDS, ClientCounts } from './client-counts.ts';

/**
 * What is counted: sockets that accept, bytes of messages that are not whole, bytes of replies that clients do not take; connections, and
 * handshakes that are under way.
 */
export const LISTENERS = 0, UNFINISHED = 1, UNREAD = 2, OPEN = 4, HANDSHAKES = 5;
/** Whether the process is about to end: of row 0 alone. */
const LEAVING = 3;
const ROW = 16, ROWS = 256;

/** One thread's view: it writes its own row and sums up all of them. */
export class Ledger {
  readonly #cells: Int32Array;
  readonly #at: number;
  /** Whose connections there are. */
  readonly clients: ClientCounts;

  /** `cells` came from `create` in the main thread, which is number 0. A thread that takes a dead one's number begins anew. */
  constructor(cells: Int32Array = Ledger.create(), thread = 0) {
    this.#cells = cells;
    this.#at = thread * ROW;
    if (thread > 0) cells.fill(0, this.#at, this.#at + ROW);
    this.clients = new ClientCounts(cells.subarray(ROWS * ROW), thread);
  }
  /** The cells of a new process. Can be sent. */
  static create(): Int32Array {
    return new Int32Array(new SharedArrayBuffer((ROWS * ROW + CLIENT_WORDS) * 4));
  }

  /** Counts in this thread; only this thread writes here. */
  add(what: number, count: number): void {
    this.#cells[this.#at + what]! += count;
  }
  /** What this thread has. */
  mine(what: number): number {
    return this.#cells[this.#at + what]!;
  }
  /** What all threads have. */
  total(what: number): number {
    let sum = 0;
    for (let at = what; at < ROWS * ROW; at += ROW) sum += this.#cells[at]!;
    return sum;
  }

  /** From now on clients are told to go (lame duck), in every thread. */
  leave(): void {
    Atomics.store(this.#cells, LEAVING, 1);
  }
  get leaving(): boolean {
    return this.#cells[LEAVING] !== 0;
  }
}
