// All numbers as they are at this moment, in the order in which every format shows them. Knows families and cells; knows no format.
import type { Family, Kind, Metrics, Series } from '../../kernel/seen/metrics.ts';

/** One label set with its number, or the numbers of its histogram. */
export interface Sample {
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** A counter's or gauge's number; the sum of a histogram. */
  readonly value: number;
  /** Of a histogram: how many values are in each bucket and those below it; the last one is how many there are. */
  readonly counts: readonly number[];
}
/** One family. */
export interface Gathered {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  /** Upper bounds of a histogram's buckets, without the infinite one. */
  readonly buckets: readonly number[];
  readonly samples: readonly Sample[];
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Every family that has a series: families by name, labels by name, series by their label values. */
export function gather(metrics: Metrics): readonly Gathered[] {
  const families = [...metrics.families()].sort((a, b) => order(a.name, b.name));
  return families.map(gatherFamily).filter(({ samples }) => samples.length > 0);
}

function gatherFamily(family: Family): Gathered {
  const { name, help, kind, buckets, labels } = family;
  const byName = labels.map((_, i) => i).sort((a, b) => order(labels[a]!, labels[b]!));
  const samples = Array.from(family.series(), (series) => ({
    ...numbers(family, series), labels: byName.filter((i) => i < series.values.length).map((i) => [labels[i]!, series.values[i]!] as const),
  }));
  return { name, help, kind, buckets, samples: samples.sort((a, b) => compare(a.labels, b.labels)) };
}
function compare(a: Sample['labels'], b: Sample['labels']): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i]![1] !== b[i]![1]) return order(a[i]![1], b[i]![1]);
  return a.length - b.length;
}
function numbers(family: Family, series: Series): Omit<Sample, 'labels'> {
  if (family.kind !== 'histogram') return { value: family.total(series), counts: [] };
  const { buckets } = family;
  let count = 0;
  const counts = Array.from({ length: buckets.length + 1 }, (_, i) => (count += family.total(series, i)));
  return { value: family.total(series, buckets.length + 1), counts };
}
