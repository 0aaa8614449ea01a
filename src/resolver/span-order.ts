// What is between names, in the canonical order of their keys: blocks of some hundred, so that one more moves little and the last at or
// before a key is found by halving. Knows keys as texts of octets; knows no names.

/** One block is cut in two when it has more. */
const FULL = 256;

/** Values by key. */
export class SpanOrder<T> {
  readonly #blocks: { readonly keys: string[]; readonly values: T[] }[] = [];
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }
  /** Puts a value in place of the one of its key. */
  put(key: string, value: T): void {
    let block = this.#blocks[Math.max(0, this.#blockOf(key))];
    if (block === undefined) this.#blocks.push(block = { keys: [], values: [] });
    const at = behind(block.keys, key);
    if (block.keys[at - 1] === key) {
      block.values[at - 1] = value;
      return;
    }
    block.keys.splice(at, 0, key);
    block.values.splice(at, 0, value);
    this.#count++;
    if (block.keys.length <= FULL) return;
    const half = FULL >> 1;
    this.#blocks.splice(this.#blocks.indexOf(block) + 1, 0, { keys: block.keys.splice(half), values: block.values.splice(half) });
  }
  /** The last value at or before a key; before the first one, the last of all: what spans the end goes on at the beginning. */
  before(key: string): T | undefined {
    const at = this.#blockOf(key);
    if (at < 0) return this.#blocks.at(-1)?.values.at(-1);
    const { keys, values } = this.#blocks[at]!;
    return values[behind(keys, key) - 1];
  }
  /** The last block that begins at or before a key; -1 where none does. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle]!.keys[0]! <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** How many keys are not behind this one. */
function behind(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
