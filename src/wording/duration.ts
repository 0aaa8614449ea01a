/** Durations as Go writes them, `1h30m` or `300ms`, read and printed; knows nothing of who says them (PARSE-14, LIBD-15). */
import { quotedOctets } from './quote.ts';

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const LONGEST = 1n << 63n;

/**
 * A Go duration in milliseconds, fractions kept: `1m30s` is 90000, `1us` is 0.001.
 * @throws Error with Go's text: `time: invalid duration "x"`, `time: missing unit in duration "5"`,
 * `time: unknown unit "d" in duration "1d"`
 */
export function parseDuration(text: string): number {
  const nanoseconds = parseNanoseconds(text);
  // In two parts: whole milliseconds stay exact beyond 2^53 nanoseconds, which is 104 days.
  return Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6;
}

/** A Go duration in nanoseconds, exact. Errors as for parseDuration. */
export function parseNanoseconds(text: string): bigint {
  const negative = text.startsWith('-');
  let left = /^[+-]/.test(text) ? text.slice(1) : text;
  if (left === '0') return 0n;
  if (left === '') throw invalid(text);
  let total = 0n;
  while (left !== '') {
    const part = /^([0-9]*)(?:\.([0-9]*))?([^.0-9]*)/.exec(left);
    const [all = '', whole = '', fraction = '', unit = ''] = part ?? [];
    if (whole === '' && fraction === '') throw invalid(text);
    if (unit === '') throw new Error(`time: missing unit in duration ${quotedOctets(text)}`);
    const size = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
    if (size === undefined) throw new Error(`time: unknown unit ${quotedOctets(unit)} in duration ${quotedOctets(text)}`);
    total += BigInt(whole || '0') * size + fractionOf(fraction, size);
    if (total > LONGEST) throw invalid(text);
    left = left.slice(all.length);
  }
  if (negative) return -total;
  if (total === LONGEST) throw invalid(text);
  return total;
}

function fractionOf(digits: string, size: bigint): bigint {
  return digits === '' ? 0n : (BigInt(digits) * size) / 10n ** BigInt(digits.length);
}

function invalid(text: string): Error {
  return new Error(`time: invalid duration ${quotedOctets(text)}`);
}

/** Milliseconds as Go prints a duration: `1m0s`, `300ms`, `1.5s`, `0s`. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.trunc(milliseconds);
  return formatNanoseconds(BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6)));
}

/** The same of nanoseconds. */
export function formatNanoseconds(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size === 0n) return '0s';
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

function decimal(size: bigint, unit: bigint): string {
  const fraction = (size % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${size / unit}` : `${size / unit}.${fraction}`;
}
