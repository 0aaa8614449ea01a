// What parts remark about a question on its way: two numbers, and what makes a sentence of them when somebody reads it. Knows no part.

/** Remarks that are kept of one question: of more, the first ones. */
const MOST = 8;

/** What a part remarks: makes the text, once somebody wants to read it. Made once a module, so that a remark costs three stores. */
export type Remark = (a: number, b: number) => string;

/** The remarks about one client's question. */
export class Notes {
  readonly #remarks: Remark[] = [];
  readonly #numbers = new Float64Array(2 * MOST);
  #count = 0;

  /** One remark more; nothing where eight are there. */
  add(remark: Remark, a: number, b: number): void {
    const i = this.#count;
    if (i === MOST) return;
    this.#count = i + 1;
    this.#remarks[i] = remark;
    this.#numbers[2 * i] = a;
    this.#numbers[2 * i + 1] = b;
  }
  /** The remarks as texts, in order. */
  get texts(): string[] {
    return this.#remarks.slice(0, this.#count).map((remark, i) => remark(this.#numbers[2 * i]!, this.#numbers[2 * i + 1]!));
  }
  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
    this.#remarks.length = 0;
  }
}
