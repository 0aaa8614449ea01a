// How parts meet without knowing each other: a typed place that some write and others read. Knows nothing of who they are.

/** A place by identity. Declared by whoever reads it. */
export class Slot<T> {
  readonly name: string;
  /** Makes one type of slot differ from another for the compiler; never set. */
  declare readonly value: T;
  constructor(name: string) {
    this.name = name;
  }
}

/** The values that were put in slots, in the order in which they came. */
export class Slots {
  readonly #values = new Map<Slot<unknown>, unknown[]>();

  /** Adds a value. */
  put<T>(slot: Slot<T>, value: T): void {
    const values = this.#values.get(slot as Slot<unknown>);
    if (values === undefined) this.#values.set(slot as Slot<unknown>, [value]);
    else values.push(value);
  }
  /** Every value of the slot. */
  all<T>(slot: Slot<T>): readonly T[] {
    return (this.#values.get(slot as Slot<unknown>) ?? []) as T[];
  }
  /** The slots that have a value. */
  filled(): Iterable<Slot<unknown>> {
    return this.#values.keys();
  }
  /** The value that was put last. */
  last<T>(slot: Slot<T>): T | undefined {
    return this.#values.get(slot as Slot<unknown>)?.at(-1) as T | undefined;
  }
}
