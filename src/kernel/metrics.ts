// Counters, gauges and histograms as cells of one array: adding to one is all that a query pays. Knows names, labels and cells;
// knows nothing of how they are shown, and of no plugin.

/** Cells of a thread: a mebi of them, touched only as far as they are used. */
const CELLS = 1 << 20;

export type Kind = 'counter' | 'gauge' | 'histogram';

/** One label set of a family and where its numbers are. */
export interface Series {
  readonly values: readonly string[];
  /** Index of its first cell. A histogram has one cell a bucket, one for what is above them all, and one for the sum. */
  readonly cell: number;
}

/** All series of one name. */
export class Family {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending; empty otherwise. */
  readonly buckets: readonly number[];
  readonly #series = new Map<string, Series>();
  readonly #metrics: Metrics;

  constructor(metrics: Metrics, name: string, help: string, kind: Kind, labels: readonly string[], buckets: readonly number[]) {
    this.#metrics = metrics;
    this.name = name;
    this.help = help;
    this.kind = kind;
    this.labels = labels;
    this.buckets = buckets;
    if (labels.length === 0) this.cell([]);
  }

  /** The first cell for these label values, made when first asked for. Keep it: asking costs a string. */
  cell(values: readonly string[]): number {
    const key = values.join('\u0000');
    const known = this.#series.get(key);
    if (known !== undefined) return known.cell;
    const cell = this.#metrics.take(this.kind === 'histogram' ? this.buckets.length + 2 : 1);
    this.#series.set(key, { values: [...values], cell });
    return cell;
  }
  /** Counts one value in the histogram whose first cell is given. */
  observe(cell: number, value: number): void {
    const { buckets } = this;
    const { values } = this.#metrics;
    let i = 0;
    while (i < buckets.length && value > buckets[i]!) i++;
    values[cell + i]!++;
    values[cell + buckets.length + 1]! += value;
  }
  /** Every series, in the order in which they appeared. */
  series(): Iterable<Series> {
    return this.#series.values();
  }
  /** Forgets every series (`coredns_plugin_enabled` on reload). */
  clear(): void {
    for (const { cell } of this.#series.values()) this.#metrics.values[cell] = 0;
    this.#series.clear();
  }
}

/** The metrics of one thread. They outlive a reload (SIG-11). */
export class Metrics {
  /** Add to these: `metrics.values[cell]++`. */
  readonly values: Float64Array;
  readonly #families = new Map<string, Family>();
  readonly #computed = new Set<() => void>();
  #used = 1;

  constructor() {
    this.values = new Float64Array(new SharedArrayBuffer(CELLS * 8));
  }
  /** Cells for one series; when all are in use it is cell 0, which nobody reads. */
  take(count: number): number {
    if (this.#used + count > CELLS) return 0;
    const cell = this.#used;
    this.#used += count;
    return cell;
  }
  counter(name: string, help: string, labels: readonly string[] = []): Family {
    return this.#family(name, help, 'counter', labels, []);
  }
  gauge(name: string, help: string, labels: readonly string[] = []): Family {
    return this.#family(name, help, 'gauge', labels, []);
  }
  histogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): Family {
    return this.#family(name, help, 'histogram', labels, buckets);
  }
  #family(name: string, help: string, kind: Kind, labels: readonly string[], buckets: readonly number[]): Family {
    let family = this.#families.get(name);
    if (family === undefined) this.#families.set(name, (family = new Family(this, name, help, kind, labels, buckets)));
    return family;
  }
  /** Every family, with numbers that are computed when they are asked for (`whenAsked`) up to date. */
  families(): Iterable<Family> {
    for (const compute of this.#computed) compute();
    return this.#families.values();
  }
  /** Calls before each look at the families, until the signal aborts: for gauges that cost too much to keep up to date. */
  whenAsked(signal: AbortSignal, compute: () => void): void {
    this.#computed.add(compute);
    signal.addEventListener('abort', () => this.#computed.delete(compute), { once: true });
  }
}

/** LIB-10, seconds. */
export const TIME_BUCKETS: readonly number[] = Array.from({ length: 16 }, (_, n) => 0.00025 * 2 ** n);
/** LIB-10, seconds. */
export const SLIM_TIME_BUCKETS: readonly number[] = Array.from({ length: 5 }, (_, n) => 0.00025 * 10 ** n);

/** Something kept for each server and made when a query of it first comes: cells with a `server` label. */
export class PerServer<T> {
  readonly #made: T[] = [];
  readonly #make: (server: { readonly label: string; readonly index: number }) => T;
  constructor(make: (server: { readonly label: string; readonly index: number }) => T) {
    this.#make = make;
  }
  of(server: { readonly label: string; readonly index: number }): T {
    return (this.#made[server.index] ??= this.#make(server));
  }
  /** What was made so far. */
  all(): Iterable<T> {
    return this.#made.filter((made) => made !== undefined);
  }
}
