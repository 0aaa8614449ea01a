// Texts that are dates, in the forms that govaluate knows. Knows months and zones; has no clock.

const DAY = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const CLOCK = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?`;
const ZONE = String.raw`(Z|[+-]\d\d:?\d\d)`;
/** `2006-01-02`, with a time behind a blank or a T, with a zone or in that of the machine. */
const ISO = new RegExp(`^${DAY}(?:(?: ${CLOCK}|T${CLOCK}|T(\\d\\d))${ZONE}?)?$`);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** `Mon Jan  2 15:04:05 2006`, `... MST 2006`, `... -0700 2006` (ANSI C, date(1), Ruby). */
const NAMED = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]?\d) (\d\d):(\d\d):(\d\d)(?: (?:([+-]\d{4})|([A-Z]{3,4})))? (\d{4})$/;

/** Minutes that a zone is ahead of UTC. */
function minutesOf(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.replace(':', '');
  return (digits.startsWith('-') ? -1 : 1) * (Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5)));
}
/** Seconds since 1970 of a moment in a zone, or in the machine's; undefined where there is no such day or time. */
function moment(parts: readonly number[], zone: string | undefined): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const inUtc = Date.UTC(year, month, day, hour, minute, second);
  const made = new Date(inUtc);
  const isReal = made.getUTCFullYear() === year && made.getUTCMonth() === month && made.getUTCDate() === day && hour < 24 && minute < 60
    && second < 60;
  if (!isReal) return undefined;
  if (zone !== undefined) return inUtc / 1000 - minutesOf(zone) * 60;
  return new Date(year, month, day, hour, minute, second).getTime() / 1000;
}

/** Seconds since 1970 of a text that is a date; undefined where it is none. Whole seconds, as govaluate has them. */
export function readDate(text: string): number | undefined {
  if (text.length < 10 || text.length > 40) return undefined;
  const iso = ISO.exec(text);
  if (iso !== null) {
    const [, year, month, day, ...rest] = iso;
    const [hour, minute, second] = rest[0] !== undefined ? rest : rest[4] !== undefined ? rest.slice(4) : [rest[8]];
    return moment([Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)], rest[9]);
  }
  const named = NAMED.exec(text);
  if (named === null) return undefined;
  const [, month, day, hour, minute, second, offset, abbreviation, year] = named;
  const zone = offset ?? (abbreviation === undefined ? undefined : 'Z');
  return moment([Number(year), MONTHS.indexOf(month!), Number(day), Number(hour), Number(minute), Number(second)], zone);
}
