// Durations and points in time of expressions, both in nanoseconds. It knows Go's text forms and UTC, no other time zones.

/** A length of time. */
export class Duration {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }

  /** As Go prints it: `1h30m0s`, `1.5ms`. */
  toString(): string {
    const value = this.nanoseconds;
    if (value === 0n) return '0s';
    const size = value < 0n ? -value : value;
    return (value < 0n ? '-' : '') + (size < 1_000_000_000n ? printSmall(size) : printLarge(size));
  }
}

function printSmall(size: bigint): string {
  if (size < 1_000n) return `${size}ns`;
  return size < 1_000_000n ? `${decimal(size, 1_000n)}µs` : `${decimal(size, 1_000_000n)}ms`;
}

function printLarge(size: bigint): string {
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(size: bigint, unit: bigint): string {
  const rest = String(size % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return `${size / unit}${rest === '' ? '' : `.${rest}`}`;
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** The duration that `1h30m`, `-1.5s` and the like stand for; `undefined` when the text is none (LIBD-15). */
export function parseDuration(text: string): Duration | undefined {
  const whole = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
  if (text === '0' || text === '+0' || text === '-0') return new Duration(0n);
  if (text.length > 200 || !whole.test(text)) return undefined;
  let total = 0n;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [digits = '', fraction = ''] = number.split('.');
    const size = units[unit] ?? 0n;
    total += BigInt(digits || '0') * size + (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length);
  }
  if (total > 2n ** 63n - 1n) return undefined;
  return new Duration(text.startsWith('-') ? -total : total);
}

/** A point in time, since 1970. Its fields are those of UTC. */
export class Time {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }

  /** As Go prints a time in UTC. */
  toString(): string {
    const date = this.date();
    const fraction = String(((this.nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
      .padStart(9, '0')
      .replace(/0+$/, '');
    return `${date.toISOString().slice(0, 19).replace('T', ' ')}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
  }

  /** The same to the millisecond. */
  date(): Date {
    return new Date(Number(this.nanoseconds / 1_000_000n));
  }
}

/** What a time can be asked, by name: `now().Hour()`. */
export const timeMethods: ReadonlyMap<string, (time: Time) => number | string> = new Map<string, (time: Time) => number | string>([
  ['Year', (time: Time) => time.date().getUTCFullYear()],
  ['Day', (time: Time) => time.date().getUTCDate()],
  ['Hour', (time: Time) => time.date().getUTCHours()],
  ['Minute', (time: Time) => time.date().getUTCMinutes()],
  ['Second', (time: Time) => time.date().getUTCSeconds()],
  ['Unix', (time: Time) => Number(time.nanoseconds / 1_000_000_000n)],
  ['UnixMilli', (time: Time) => Number(time.nanoseconds / 1_000_000n)],
  ['YearDay', (time: Time) => yearDay(time.date())],
  ['String', (time: Time) => time.toString()],
]);

function yearDay(date: Date): number {
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start) / 86_400_000) + 1;
}
