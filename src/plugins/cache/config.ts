// The lines of *cache* as data, with CoreDNS's limits and texts (CACHE-1 to 3, CACHE-14 to 17). Knows words; keeps nothing.
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import { parseInteger } from '../../wording/integer.ts';
import { Name } from '../../dns/name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { Zones, zonesOf } from '../../kernel/site/zones.ts';

/** One of the two caches: entries at most, and bounds of its TTLs in seconds. */
export interface Limits {
  capacity: number;
  maximum: number;
  minimum: number;
  /** Names that are not kept here. */
  except: Zones;
}
/** When expired entries are served (CACHE-14, CACHE-15). Milliseconds, but for the TTL. */
export interface Stale {
  /** 0: never. */
  upTo: number;
  verify: boolean;
  /** How long a verification may take before the stale entry is served; 0: as long as it takes. */
  timeout: number;
  /** Seconds that a stale reply's records show. */
  ttl: number;
  /** For so long no new attempt is made after a failed refresh. */
  recheck: number;
  preferPositive: boolean;
}
/** Everything that the block says. */
export interface Settings {
  zones: Zones;
  readonly success: Limits;
  readonly denial: Limits;
  /** Seconds (CACHE-6). */
  servfail: number;
  readonly prefetch: { amount: number; duration: number; percentage: number };
  readonly stale: Stale;
  keepTtl: boolean;
  /** The file that it is kept in over a restart, as written; '' for none. */
  snapshot: string;
}

/** CACHE-2: as many entries as 256 shards of at least 4 make. */
const effective = (capacity: number) => Math.max(Math.floor(capacity / 256), 4) * 256;
const HOUR = 3600_000, FIVE_MINUTES = 300_000;

/** Reads the lines; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const line = once(lines);
  const none = new Zones([]);
  const settings: Settings = {
    zones: none,
    success: { capacity: effective(10000), maximum: 3600, minimum: 5, except: none },
    denial: { capacity: effective(10000), maximum: 1800, minimum: 5, except: none },
    servfail: 5,
    prefetch: { amount: 0, duration: 60_000, percentage: 10 },
    stale: { upTo: 0, verify: false, timeout: 0, ttl: 0, recheck: 0, preferPositive: false },
    keepTtl: false, snapshot: '',
  };
  const args = line.rest();
  const ttl = args[0] === undefined ? undefined : wholeNumber(args[0]);
  if (ttl !== undefined) {
    args.shift();
    settings.success.maximum = positive(line, ttl);
    settings.denial.maximum = ttl;
  }
  settings.zones = zonesOf(args, context.zones);
  readProperties(line, settings);
  return settings;
}

function readProperties(line: Directive, settings: Settings): void {
  let stale = false;
  let policy = false;
  line.properties({
    success: (property) => readLimits(property, settings.success),
    denial: (property) => readLimits(property, settings.denial),
    prefetch: (property) => readPrefetch(property, settings.prefetch),
    serve_stale(property) {
      stale = true;
      readStale(property, settings.stale);
    },
    serve_stale_policy(property) {
      if (policy) property.refuse('serve_stale_policy can only be specified once');
      policy = true;
      const word = property.only();
      if (word.toLowerCase() !== 'prefer_positive') property.refuse(`invalid serve_stale_policy: ${word}`, 'there is prefer_positive');
      settings.stale.preferPositive = true;
    },
    servfail(property) {
      const milliseconds = property.duration(property.only());
      if (milliseconds < 0) property.refuse('invalid negative ttl for servfail');
      if (milliseconds > FIVE_MINUTES) property.refuse('caching SERVFAIL responses over 5 minutes is not permitted');
      settings.servfail = milliseconds / 1000;
    },
    disable(property) {
      const [kind, ...zones] = property.rest();
      if (kind === undefined) return property.wrongArgs();
      if (kind !== 'success' && kind !== 'denial') return property.refuse('cache type for disable must be "success" or "denial"');
      settings[kind].except = new Zones(zones.length === 0 ? [Name.root] : zones.flatMap(nameOf));
    },
    snapshot(property) {
      settings.snapshot = property.only() || property.wrongArgs();
    },
    keepttl(property) {
      property.words(0, 0);
      settings.keepTtl = true;
    },
  }, (property) => property.wrongArgs());
  if (policy && !stale) line.refuse('serve_stale_policy requires serve_stale', 'add a line with serve_stale');
}

/** A zone as it is written; one that is no name holds no name. */
function nameOf(word: string): Name[] {
  const name = Name.maybe(word.endsWith('.') ? word : `${word}.`);
  return name === undefined ? [] : [name.folded];
}
function wholeNumber(text: string): number | undefined {
  try {
    return parseInteger(text);
  } catch {
    return undefined;
  }
}
function positive(line: Directive, value: number): number {
  return value > 0 ? value : line.refuse(`cache TTL can not be zero or negative: ${value}`);
}
/** Milliseconds. `what` begins the text where CoreDNS's has more than Go's. */
const duration = (line: Directive, text: string, what: string): number => line.duration(text, (reason) => line.refuse(what + reason));

/** `CAPACITY [TTL [MINTTL]]`; what follows is passed over, as CoreDNS does. */
function readLimits(line: Directive, limits: Limits): void {
  const [capacity, maximum, minimum] = line.rest();
  if (capacity === undefined) return line.wrongArgs();
  limits.capacity = effective(line.number(capacity));
  if (maximum === undefined) return;
  limits.maximum = positive(line, line.number(maximum));
  if (minimum === undefined) return;
  limits.minimum = line.number(minimum);
  if (limits.minimum < 0) line.refuse(`cache min TTL can not be negative: ${limits.minimum}`);
}

/** `AMOUNT [DURATION [PERCENTAGE%]]`. */
function readPrefetch(line: Directive, prefetch: Settings['prefetch']): void {
  const [amount, time, percentage, ...more] = line.rest();
  if (amount === undefined || more.length > 0) return line.wrongArgs();
  prefetch.amount = line.number(amount);
  if (prefetch.amount < 0) line.refuse(`prefetch amount should be positive: ${prefetch.amount}`);
  if (time !== undefined) prefetch.duration = line.duration(time);
  if (percentage === undefined) return;
  if (!percentage.endsWith('%')) line.refuse(`last character of percentage should be \`%\`, but is: '${percentage.at(-1)}'`);
  prefetch.percentage = line.number(percentage.slice(0, -1));
  if (prefetch.percentage < 10 || prefetch.percentage > 90) line.refuse(`percentage should fall in range [10, 90]: ${prefetch.percentage}`);
}

/** `[DURATION [immediate [RESP_TTL [RECHECK]] | verify [TIMEOUT [RESP_TTL [RECHECK]]]]]`. A later line begins anew. */
function readStale(line: Directive, stale: Stale): void {
  const args = line.rest();
  if (args.length > 5) line.wrongArgs();
  const [time, word, ...rest] = args;
  stale.upTo = time === undefined ? HOUR : line.duration(time);
  if (stale.upTo < 0) line.refuse('invalid negative duration for serve_stale');
  const mode = word?.toLowerCase() ?? 'immediate';
  if (mode !== 'immediate' && mode !== 'verify') line.refuse(`invalid value for serve_stale refresh mode: ${mode}`, 'immediate or verify');
  stale.verify = mode === 'verify';
  const timeout = stale.verify ? rest.shift() : undefined;
  stale.timeout = timeout === undefined ? 0 : duration(line, timeout, 'invalid serve_stale verify timeout: ');
  if (stale.timeout < 0) line.refuse('invalid negative timeout for serve_stale verify');
  const [ttl, recheck, ...more] = rest;
  if (more.length > 0) line.wrongArgs();
  stale.ttl = ttl === undefined ? 0 : staleTtl(line, ttl);
  stale.recheck = recheck === undefined ? 0 : duration(line, recheck, 'invalid serve_stale failure recheck: ');
  if (stale.recheck < 0) line.refuse('invalid negative failure recheck for serve_stale');
  if (stale.recheck > FIVE_MINUTES) line.refuse('serve_stale failure recheck cannot exceed 5 minutes');
}
function staleTtl(line: Directive, text: string): number {
  const ttl = duration(line, text, 'invalid serve_stale response TTL: ') / 1000;
  if (ttl < 0) line.refuse('invalid negative response TTL for serve_stale');
  if (!Number.isInteger(ttl)) line.refuse('serve_stale response TTL must be a whole number of seconds');
  if (ttl > 0xffffffff) line.refuse('serve_stale response TTL exceeds the DNS TTL range');
  return ttl;
}
