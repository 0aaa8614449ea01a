// The ids that were answered last on one socket or connection: a reply that comes twice is no forgery. Knows numbers; knows no message.

/** How many are remembered. */
const KEPT = 64;

/** A few ids, the oldest forgotten first. */
export class RecentIds {
  readonly #ids = new Int32Array(KEPT).fill(-1);
  #at = 0;

  add(id: number): void {
    this.#ids[this.#at] = id;
    this.#at = (this.#at + 1) & (KEPT - 1);
  }
  has(id: number): boolean {
    return this.#ids.includes(id);
  }
}
