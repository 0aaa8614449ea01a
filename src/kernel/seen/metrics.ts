// Counters, gauges and histograms as cells of one array: adding to one is all that a query pays. Knows names, labels and cells;
// knows nothing of how they are shown, and of no plugin.
import type { Signal } from '../signal.ts';

/** Cells of a thread: a mebi of them, touched only as far as they are used. */
const CELLS = 1 << 20;
/** Where whatever found no room is added up, as far as the widest histogram reaches; nobody reads it. Cell 0 is nobody's. */
const LOST = 1, WIDEST = 64;
/** Behind it, kept for the one family that says so. */
const SAYS = LOST + WIDEST;

/** What a family's numbers are, as Prometheus calls it. */
export type Kind = 'counter' | 'gauge' | 'histogram';

/** A family as whoever counts in it declares it. */
export interface Declaration {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending; empty otherwise. */
  readonly buckets: readonly number[];
}
/** Declares what only grows. Without labels it is shown as soon as its plugin is there, though nobody uses it (MET-2). */
export const counter = (name: string, help: string, labels: readonly string[] = []): Declaration =>
  ({ name, help, kind: 'counter', labels, buckets: [] });
/** Declares what goes up and down. */
export const gauge = (name: string, help: string, labels: readonly string[] = []): Declaration =>
  ({ name, help, kind: 'gauge', labels, buckets: [] });
/** Declares what is counted by its size: at most 62 buckets. */
export const histogram = (name: string, help: string, labels: readonly string[], buckets: readonly number[]): Declaration =>
  ({ name, help, kind: 'histogram', labels, buckets });

/** How many label sets found no room. */
const NO_ROOM = counter('coredns_metrics_without_room_total',
  'Counter of label sets that are not counted since the table of metrics is full.');

/** One label set of a family and where its numbers are. */
export interface Series {
  readonly values: readonly string[];
  /** Index of its first cell. A histogram has one cell a bucket, one for what is above them all, and one for the sum. */
  readonly cell: number;
  /** Where other threads count the same. */
  readonly others: readonly ForeignCells[];
}
/** Cells of another thread: its array, and the index of the first. */
export interface ForeignCells {
  readonly values: Float64Array;
  readonly cell: number;
}
/** A new series, as a thread tells another one of it. */
export interface SeriesNews extends Declaration {
  readonly values: readonly string[];
  readonly cell: number;
}

/** All series of one name. */
export class Family implements Declaration {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly #series = new Map<string, Series & { others: readonly ForeignCells[] }>();
  /** Label sets that found no room. */
  readonly #lost = new Set<string>();
  readonly #metrics: Metrics;

  constructor(metrics: Metrics, { name, help, kind, labels, buckets }: Declaration) {
    this.#metrics = metrics;
    this.name = name;
    this.help = help;
    this.kind = kind;
    this.labels = labels;
    this.buckets = buckets;
    if (labels.length === 0) this.cell([]);
  }

  /**
   * The first cell for these label values, made when first asked for; where there are fewer than labels the last labels are not shown.
   * Keep it: asking costs a string. Never 0; where there is no room, a cell that nobody reads.
   */
  cell(values: readonly string[]): number {
    const key = values.join('\u0000');
    const known = this.#series.get(key);
    if (known !== undefined) return known.cell;
    if (this.#lost.has(key)) return LOST;
    const cell = this.#metrics.take(this);
    if (cell === LOST) {
      this.#lost.add(key);
      return LOST;
    }
    this.#series.set(key, { values: [...values], cell, others: [] });
    const { name, help, kind, labels, buckets } = this;
    this.#metrics.heard?.({ name, help, kind, labels, buckets, values: [...values], cell });
    return cell;
  }
  /** How many label sets it has. */
  get size(): number {
    return this.#series.size;
  }
  /** Whether some thread counts under these label values. */
  has(values: readonly string[]): boolean {
    return this.#series.has(values.join('\u0000'));
  }
  /** Another thread counts this label set there. */
  adopt(values: readonly string[], place: ForeignCells): void {
    this.cell(values);
    const series = this.#series.get(values.join('\u0000'));
    if (series !== undefined) series.others = [...series.others, place];
  }
  /** What a dead thread counted becomes this thread's; what it measured (a gauge) is gone. */
  bury(dead: Float64Array): void {
    for (const series of this.#series.values()) {
      for (const { values, cell } of series.others) {
        if (values !== dead || this.kind === 'gauge') continue;
        for (let i = 0; i < this.cells; i++) this.#metrics.values[series.cell + i]! += dead[cell + i]!;
      }
      series.others = series.others.filter(({ values }) => values !== dead);
    }
  }
  /** How many cells one label set takes. */
  get cells(): number {
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
    this.#lost.clear();
  }
}

/** The metrics of one thread. They outlive a reload (SIG-11). */
export class Metrics {
  /** Add to these: `metrics.values[cell]++`. */
  readonly values: Float64Array;
  readonly #families = new Map<string, Family>();
  readonly #computed = new Set<() => void>();
  #used = SAYS + 1;
  #isFull = false;
  /** Who hears of each new series; set before the first one is made. */
  heard: ((news: SeriesNews) => void) | undefined = undefined;
  /** Who hears, once, that there is no room for more. */
  full: ((text: string) => void) | undefined = undefined;

  /** `cells`: how many numbers there is room for, some of them for what finds none. */
  constructor(cells = CELLS) {
    this.values = new Float64Array(new SharedArrayBuffer(cells * 8));
  }
  /** Cells for one label set of a family; what finds no room is said once and counted, and lies in a cell that nobody reads. */
  take(family: Family): number {
    const cell = this.#used;
    if (cell + family.cells <= this.values.length) {
      this.#used += family.cells;
      return cell;
    }
    if (family.name === NO_ROOM.name) return SAYS;
    this.values[this.family(NO_ROOM).cell([])]!++;
    if (!this.#isFull) this.full?.(`The table of metrics is full: ${family.name} and others do not count all that they should`);
    this.#isFull = true;
    return LOST;
  }
  /** The family, made when first asked for. Throws Error where it was declared otherwise: both numbers would be wrong. */
  family(declaration: Declaration): Family {
    const known = this.#families.get(declaration.name);
    if (known === undefined) {
      const made = new Family(this, declaration);
      this.#families.set(declaration.name, made);
      return made;
    }
    const one = spelled(known);
    const other = spelled(declaration);
    if (one !== other) throw new Error(`metric ${declaration.name} is declared twice: as ${one}, and as ${other}`);
    return known;
  }
  /** Makes families known, so that those without labels are shown before anybody counts in them. Throws Error as `family` does. */
  declare(declarations: { readonly [key: string]: Declaration }): void {
    for (const declaration of Object.values(declarations)) this.family(declaration);
  }
  /** Another thread has a new series in its `values`: from now on it is in the sum. */
  adopt(news: SeriesNews, theirs: Float64Array): void {
    this.family(news).adopt(news.values, { values: theirs, cell: news.cell });
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
  whenAsked(signal: Signal, compute: () => void): void {
    this.#computed.add(compute);
    signal.addEventListener('abort', () => this.#computed.delete(compute), { once: true });
  }
}

/** A declaration as one text, to compare. */
const spelled = ({ help, kind, labels, buckets }: Declaration): string =>
  `${kind}(${labels.join(', ')})${buckets.length === 0 ? '' : ` [${buckets.join(', ')}]`} "${help}"`;

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
