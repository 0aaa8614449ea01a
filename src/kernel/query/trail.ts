// Which parts a question was handed to, one after the other. Knows names and numbers; knows no part.

/** Hops that are remembered: of more, the last ones. A power of two. */
const MOST = 32;

const names: string[] = [];
const numbers = new Map<string, number>();

/** The number of a hop of this name: given once a thread, so that a trail holds numbers and outlives every load. */
export function hopOf(name: string): number {
  let number = numbers.get(name);
  if (number === undefined) {
    number = names.push(name) - 1;
    numbers.set(name, number);
  }
  return number;
}
/** The name of the hop with this number. */
export const hopName = (hop: number): string => names[hop] ?? '';
/** Stands before the hops of a question that was asked of this server because of another one. */
export const AGAIN = hopOf('resolve');

/** The hops of one client's question, those of all questions that it led to among them. */
export class Trail {
  readonly #hops = new Uint16Array(MOST);
  #count = 0;

  /** One hop more. */
  enter(hop: number): void {
    this.#hops[this.#count++ & (MOST - 1)] = hop;
  }
  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
  }
  /** The names of the plugins that were entered, in order: of more than 32 the last 32. `resolve` says that a question of ours began. */
  get names(): string[] {
    const first = Math.max(0, this.#count - MOST);
    return Array.from({ length: this.#count - first }, (_, i) => names[this.#hops[(first + i) & (MOST - 1)]!]!);
  }
  /** The name of the part that was entered last; '' where none was. */
  get last(): string {
    return this.#count === 0 ? '' : names[this.#hops[(this.#count - 1) & (MOST - 1)]!]!;
  }
  /** The number of the hop that was entered last; -1 where none was. */
  get lastHop(): number {
    return this.#count === 0 ? -1 : this.#hops[(this.#count - 1) & (MOST - 1)]!;
  }
  /** Writes the numbers of the last hops, at most `room`, a byte each, and says how many these are. */
  tail(to: Uint8Array, at: number, room: number): number {
    const count = this.#count < room ? this.#count : room;
    for (let i = 0, hop = this.#count - count; i < count; i++, hop++) to[at + i] = Math.min(this.#hops[hop & (MOST - 1)]!, 255);
    return count;
  }
  /** The same hops, apart. */
  copy(): Trail {
    const other = new Trail();
    other.#hops.set(this.#hops);
    other.#count = this.#count;
    return other;
  }
}
