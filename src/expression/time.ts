// Durations and points in time of expressions, both in nanoseconds. Knows UTC, no other time zones.

import { formatNanoseconds } from '../wording/duration.ts';

/** A length of time. */
export class Duration {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }

  /** As Go prints it: `1h30m0s`, `1.5ms`. */
  toString(): string {
    return formatNanoseconds(this.nanoseconds);
  }
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
