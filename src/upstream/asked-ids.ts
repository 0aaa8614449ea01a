// The ids of one socket, and which question waits with each. Knows ids; nothing is allocated for a question.
import type { Asking } from './asking.ts';

/** A power of two: lists of questions whose ids end alike. */
const LISTS = 256;

/** Questions by their ids. Burnt ids belong to none, and are not to be used again. */
export class AskedIds {
  readonly #first = new Array<Asking | undefined>(LISTS).fill(undefined);
  readonly #burnt = new Set<number>();
  /** Ids that wait. */
  waiting = 0;

  get burnt(): number {
    return this.#burnt.size;
  }
  /** The question that waits with this id. */
  get(id: number): Asking | undefined {
    let each = this.#first[id & (LISTS - 1)];
    while (each !== undefined && each.id !== id) each = each.idNext;
    return each;
  }
  /** True where the id was given up: a reply to it may still come. */
  isBurnt(id: number): boolean {
    return this.#burnt.size > 0 && this.#burnt.has(id);
  }
  /** Gives the question this id, which must be free. */
  set(id: number, asking: Asking): void {
    asking.id = id;
    asking.idNext = this.#first[id & (LISTS - 1)];
    this.#first[id & (LISTS - 1)] = asking;
    this.waiting++;
  }
  /** Takes the question's id away from it; it may be used again, or never. */
  delete(asking: Asking, burn: boolean): void {
    const list = asking.id & (LISTS - 1);
    const { idNext } = asking;
    let each = this.#first[list];
    if (each === asking) this.#first[list] = idNext;
    else {
      while (each!.idNext !== asking) each = each!.idNext;
      each!.idNext = idNext;
    }
    if (burn) this.#burnt.add(asking.id);
    asking.idNext = undefined;
    asking.id = -1;
    this.waiting--;
  }
  /** All that wait now. */
  all(): Asking[] {
    const all: Asking[] = [];
    if (this.waiting === 0) return all;
    for (let each of this.#first) for (; each !== undefined; each = each.idNext) all.push(each);
    return all;
  }
}
