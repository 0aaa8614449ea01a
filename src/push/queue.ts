// Those who wait, first come first served. Knows their order.

/** A queue that costs the same however many wait. */
export class Queue<T> {
  #items: T[] = [];
  #head = 0;

  /** How many wait. */
  get length(): number {
    return this.#items.length - this.#head;
  }
  add(item: T): void {
    this.#items.push(item);
  }
  /** The first one; undefined where nobody waits. */
  take(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
