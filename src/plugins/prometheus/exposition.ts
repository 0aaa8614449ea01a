// Metrics as text: Prometheus's format 0.0.4, and OpenMetrics 1.0. Knows both formats; knows no name of any metric.
import type { Gathered, Sample } from './gathered.ts';

/** Text format 0.0.4. */
export function exposeText(families: readonly Gathered[]): string {
  return families.map((family) => {
    const { name, kind, help } = family;
    const samples = family.samples.map((sample) => lines(family, sample, name, formatNumber)).join('');
    return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n${samples}`;
  }).join('');
}

/** OpenMetrics 1.0: a counter's family is named without `_total`, its samples with it; bounds of buckets have a point. */
export function exposeOpenMetrics(families: readonly Gathered[]): string {
  return `${families.map((family) => {
    const { kind, help } = family;
    const name = kind === 'counter' ? family.name.replace(/_total$/, '') : family.name;
    const samples = family.samples.map((sample) => lines(family, sample, kind === 'counter' ? `${name}_total` : name, canonical)).join('');
    return `# TYPE ${name} ${kind}\n# HELP ${name} ${escapeLabel(help)}\n${samples}`;
  }).join('')}# EOF\n`;
}

type Bound = (value: number) => string;

function lines({ kind, buckets }: Gathered, { labels, value, counts }: Sample, name: string, bound: Bound): string {
  const text = labels.map(([key, each]) => `${key}="${escapeLabel(each)}"`).join(',');
  if (kind !== 'histogram') return `${name}${braced(text)} ${formatNumber(value)}\n`;
  const before = text === '' ? '' : `${text},`;
  let all = '';
  counts.forEach((count, i) => (all += `${name}_bucket{${before}le="${bound(buckets[i] ?? Infinity)}"} ${formatNumber(count)}\n`));
  return `${all}${name}_sum${braced(text)} ${formatNumber(value)}\n${name}_count${braced(text)} ${formatNumber(counts.at(-1)!)}\n`;
}
const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);
const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text: string): string => text.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
/** The canonical form of a bound: `100.0`, never `100`. */
function canonical(value: number): string {
  const text = formatNumber(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** A number as Go prints it: an exponent below -4 or from 6 digits up, as in `1.5e+07`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}
