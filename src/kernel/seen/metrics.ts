// Counters, gauges and histograms as cells of one array: adding to one is all that a query pays. Knows names, labels and cells;
// knows nothing of how they are shown, and of no plugin.

/** Cells of a thread: a mebi of them, touched only as far as they are used. */
const CELLS = 1 << 20;

/** What a family's numbers are, as Prometheus calls it. */
export type Kind = 'counter' | 'gauge' | 'histogram';

/** One label set of a family and where its numbers are. */
export interface Series {
  readonly values: readonly string[];
  /** Index of its first cell. A histogram has one cell a bucket, one for what is above them all, and one for the sum. */
  readonly cell: number;
  /** Where other threads count the same. */
  readonly others: readonly Place[];
}
/** Cells of another thread: its array, and the index of the first. */
export interface Place {
  readonly values: Float64Array;
  readonly cell: number;
}
/** A new series, as a thread tells another one of it. */
export interface SeriesNews {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly values: readonly string[];
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
  readonly #series = new Map<string, Series & { others: readonly Place[] }>();
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
    const cell = this.#metrics.take(this.#cells);
    this.#series.set(key, { values: [...values], cell, others: [] });
    this.#metrics.heard?.({ ...this.#shape(), values: [...values], cell });
    return cell;
  }
  /** Whether some thread counts under these label values. */
  has(values: readonly string[]): boolean {
    return this.#series.has(values.join('\u0000'));
  }
  #shape(): Omit<SeriesNews, 'values' | 'cell'> {
    const { name, help, kind, labels, buckets } = this;
    return { name, help, kind, labels, buckets };
  }
  /** Another thread counts this label set there. */
  adopt(values: readonly string[], place: Place): void {
    this.cell(values);
    const series = this.#series.get(values.join('\u0000'))!;
    series.others = [...series.others, place];
  }
  /** What a dead thread counted becomes this thread's; what it measured (a gauge) is gone. */
  bury(dead: Float64Array): void {
    for (const series of this.#series.values()) {
      for (const { values, cell } of series.others) {
        if (values !== dead || this.kind === 'gauge') continue;
        for (let i = 0; i < this.#cells; i++) this.#metrics.values[series.cell + i]! += dead[cell + i]!;
      }
      series.others = series.others.filter(({ values }) => values !== dead);
    }
  }
  get #cells(): number {
    return this.kind === 'histogram' ? this.buckets.length + 2 : 1;
  }
  /** The number in the series' cell, or so many behind it: the sum over all threads. */
  total({ cell, others }: Series, offset = 0): number {
    let sum = this.#metrics.values[cell + offset]!;
    for (const other of others) sum += other.values[other.cell + offset]!;
    return sum;
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
  /** Who hears of each new series; set before the first one is made. */
  heard: ((news: SeriesNews) => void) | undefined = undefined;

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
  /** Another thread has a new series in its `values`: from now on it is in the sum. */
  adopt({ name, help, kind, labels, buckets, values, cell }: SeriesNews, theirs: Float64Array): void {
    this.#family(name, help, kind, labels, buckets).adopt(values, { values: theirs, cell });
  }
  /** The thread that counted in `values` is dead: its counters stay in the sum. */
  bury(values: Float64Array): void {
    for (const family of this.#families.values()) family.bury(values);
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
