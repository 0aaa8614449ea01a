// Metrics as text, in the format that Prometheus scrapes (text format 0.0.4). Knows families and cells; knows no name of any.
import type { Family, Metrics, Series } from '../../kernel/seen/metrics.ts';

/** The content type of the text. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Every family that has a series: families by name, labels by name, series by their label values. */
export function expose(metrics: Metrics): string {
  const families = [...metrics.families()].sort((a, b) => order(a.name, b.name));
  return families.map((family) => exposeFamily(family)).join('');
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function exposeFamily(family: Family): string {
  const series = [...family.series()];
  if (series.length === 0) return '';
  const byName = family.labels.map((_, i) => i).sort((a, b) => order(family.labels[a]!, family.labels[b]!));
  const sorted = series.map((one) => ({ one, key: byName.map((i) => one.values[i]!) })).sort((a, b) => compare(a.key, b.key));
  const { name, kind, help } = family;
  let text = `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${kind}\n`;
  for (const { one } of sorted) {
    const labels = byName.map((i) => `${family.labels[i]}="${escapeLabel(one.values[i]!)}"`).join(',');
    text += kind === 'histogram' ? histogram(family, one, labels) : `${name}${braced(labels)} ${formatNumber(family.total(one))}\n`;
  }
  return text;
}
function compare(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return order(a[i]!, b[i]!);
  return 0;
}
function histogram(family: Family, series: Series, labels: string): string {
  const { name, buckets } = family;
  const before = labels === '' ? '' : `${labels},`;
  let count = 0;
  let text = '';
  for (let i = 0; i <= buckets.length; i++) {
    count += family.total(series, i);
    text += `${name}_bucket{${before}le="${formatNumber(buckets[i] ?? Infinity)}"} ${formatNumber(count)}\n`;
  }
  const sum = family.total(series, buckets.length + 1);
  return `${text}${name}_sum${braced(labels)} ${formatNumber(sum)}\n${name}_count${braced(labels)} ${formatNumber(count)}\n`;
}

const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);
const escapeLabel = (text: string): string => text.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));

/** A number as Go prints it: an exponent below -4 or from 6 digits up, as in `1.5e+07`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}
