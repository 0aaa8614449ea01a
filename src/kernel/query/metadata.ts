// Labels of a query, made when somebody first asks (META-1). Knows nothing of who makes them or who asks.
import type { Query } from './query.ts';

/**
 * Makes the value of the label that is asked for; undefined where it has none. A provider whose name ends in a slash makes every label
 * that begins with the name.
 */
export type Provider = (query: Query, label: string) => string | undefined;

/** The labels of one query and of those derived from it. */
export class Metadata {
  readonly #providers: ReadonlyMap<string, Provider>;
  /** What became known on the way. */
  #set: Map<string, string | undefined> | undefined = undefined;
  /** What providers said. */
  readonly #made = new Map<string, string | undefined>();
  constructor(providers: ReadonlyMap<string, Provider>) {
    this.#providers = providers;
  }
  /** The label's value: what was set, or what its provider says, asked once. */
  value(label: string, query: Query): string | undefined {
    if (this.#set?.has(label) === true) return this.#set.get(label);
    if (this.#made.has(label)) return this.#made.get(label);
    const value = this.#make(label, query);
    this.#made.set(label, value);
    return value;
  }
  /** Labels are asked for at any time, by a log line of a late answer too; who makes them may read shared memory. */
  #make(label: string, query: Query): string | undefined {
    const provider = this.#provider(label);
    if (provider === undefined) return undefined;
    const { reading } = query;
    reading.enter();
    try {
      return provider(query, label);
    } finally {
      reading.leave();
    }
  }
  #provider(label: string): Provider | undefined {
    const known = this.#providers.get(label);
    if (known !== undefined) return known;
    for (const [name, provider] of this.#providers) if (name.endsWith('/') && label.startsWith(name)) return provider;
    return undefined;
  }
  /** Sets a label that becomes known on the way (`forward/upstream`, `log/class`). */
  set(label: string, value: string | undefined): void {
    (this.#set ??= new Map()).set(label, value);
  }
  /** Forgets nothing that was set; what providers of one block said, those of another are asked anew (SRV-11 asks each block's). */
  with(providers: ReadonlyMap<string, Provider>): Metadata {
    const other = new Metadata(providers);
    for (const [label, value] of this.#set ?? []) other.set(label, value);
    return other;
  }
}
