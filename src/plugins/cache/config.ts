// The lines of *cache* as data, with CoreDNS's limits and texts (CACHE-1 to 3, CACHE-14 to 17). Knows words; keeps nothing.
import type { Directive } from '../../corefile/directive.ts';
import { parseDuration } from '../../corefile/duration.ts';
import type { Lines, ParseContext } from '../../kernel/plugin.ts';
import { Zones, zonesOf } from '../../kernel/zones.ts';

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
}

/** CACHE-2: as many entries as 256 shards of at least 4 make. */
const effective = (capacity: number) => Math.max(Math.floor(capacity / 256), 4) * 256;
const HOUR = 3600_000, FIVE_MINUTES = 300_000;

export function readSettings(lines: Lines, context: ParseContext): Settings {
  const [line, again] = lines;
  if (again !== undefined) throw new Error('this plugin can only be used once per Server Block');
  const none = new Zones([]);
  const settings: Settings = {
    zones: none,
    success: { capacity: effective(10000), maximum: 3600, minimum: 5, except: none },
    denial: { capacity: effective(10000), maximum: 1800, minimum: 5, except: none },
    servfail: 5,
    prefetch: { amount: 0, duration: 60_000, percentage: 10 },
    stale: { upTo: 0, verify: false, timeout: 0, ttl: 0, recheck: 0, preferPositive: false },
    keepTtl: false,
  };
  const args = line.rest();
  if (args[0] !== undefined && isInteger(args[0])) {
    const ttl = positive(Number(args.shift()), 'cache TTL can not be zero or negative');
    settings.success.maximum = ttl;
    settings.denial.maximum = ttl;
  }
  settings.zones = zonesOf(args, context.zones);
  readProperties(line, settings);
  return settings;
}

function readProperties(line: Directive, settings: Settings): void {
  let policy = false;
  line.properties({
    success: (property) => readLimits(property, settings.success),
    denial: (property) => readLimits(property, settings.denial),
    prefetch: (property) => readPrefetch(property, settings.prefetch),
    serve_stale: (property) => readStale(property, settings.stale),
    serve_stale_policy(property) {
      if (policy) throw new Error('serve_stale_policy can only be specified once');
      const [word, ...more] = property.rest();
      if (word === undefined || more.length > 0) return property.wrongArgs();
      if (word.toLowerCase() !== 'prefer_positive') throw new Error(`invalid serve_stale_policy: ${word}`);
      policy = true;
      settings.stale.preferPositive = true;
    },
    servfail(property) {
      const [text, ...more] = property.rest();
      if (text === undefined || more.length > 0) return property.wrongArgs();
      const milliseconds = parseDuration(text);
      if (milliseconds < 0) throw new Error('invalid negative ttl for servfail');
      if (milliseconds > FIVE_MINUTES) throw new Error('caching SERVFAIL responses over 5 minutes is not permitted');
      settings.servfail = milliseconds / 1000;
    },
    disable(property) {
      const [kind, ...zones] = property.rest();
      if (kind === undefined) return property.wrongArgs();
      if (kind !== 'success' && kind !== 'denial') throw new Error('cache type for disable must be "success" or "denial"');
      settings[kind].except = zonesOf(zones.length > 0 ? zones : ['.'], []);
    },
    keepttl(property) {
      property.end();
      settings.keepTtl = true;
    },
  }, (property) => property.wrongArgs());
  if (policy && settings.stale.upTo === 0) throw new Error('serve_stale_policy requires serve_stale');
}

const isInteger = (text: string) => /^[+-]?\d+$/.test(text);
function positive(value: number, text: string): number {
  if (value <= 0) throw new Error(`${text}: ${value}`);
  return value;
}
/** Go's Atoi, with its words. */
function integer(text: string): number {
  if (!isInteger(text)) throw new Error(`strconv.Atoi: parsing "${text}": invalid syntax`);
  return Number(text);
}

function readLimits(line: Directive, limits: Limits): void {
  const args = line.rest();
  if (args.length < 1 || args.length > 3) line.wrongArgs();
  limits.capacity = effective(integer(args[0]!));
  if (args[1] !== undefined) limits.maximum = positive(integer(args[1]), 'cache TTL can not be zero or negative');
  if (args[2] === undefined) return;
  limits.minimum = integer(args[2]);
  if (limits.minimum < 0) throw new Error(`cache min TTL can not be negative: ${limits.minimum}`);
}

function readPrefetch(line: Directive, prefetch: Settings['prefetch']): void {
  const args = line.rest();
  if (args.length < 1 || args.length > 3) line.wrongArgs();
  prefetch.amount = integer(args[0]!);
  if (prefetch.amount < 0) throw new Error(`prefetch amount should be positive: ${prefetch.amount}`);
  if (args[1] !== undefined) prefetch.duration = parseDuration(args[1]);
  const text = args[2];
  if (text === undefined) return;
  if (!text.endsWith('%')) throw new Error(`last character of percentage should be \`%\`, but is: "${text.at(-1)}"`);
  prefetch.percentage = integer(text.slice(0, -1));
  if (prefetch.percentage < 10 || prefetch.percentage > 90) throw new Error(`percentage should fall in range [10, 90]: ${prefetch.percentage}`);
}

/** `[DURATION [immediate [RESP_TTL [RECHECK]] | verify [TIMEOUT [RESP_TTL [RECHECK]]]]]`. */
function readStale(line: Directive, stale: Stale): void {
  const args = line.rest();
  if (args.length > 5) line.wrongArgs();
  stale.upTo = args[0] === undefined ? HOUR : parseDuration(args[0]);
  if (stale.upTo < 0) throw new Error('invalid negative duration for serve_stale');
  const mode = args[1]?.toLowerCase();
  if (mode === undefined) return;
  if (mode !== 'immediate' && mode !== 'verify') throw new Error(`invalid value for serve_stale refresh mode: ${mode}`);
  stale.verify = mode === 'verify';
  const rest = args.slice(2);
  if (stale.verify && rest.length > 0) {
    stale.timeout = parseDuration(rest.shift()!);
    if (stale.timeout < 0) throw new Error('invalid negative timeout for serve_stale verify');
  }
  if (rest.length > 2) line.wrongArgs();
  if (rest[0] !== undefined) {
    const ttl = parseDuration(rest[0]);
    if (ttl < 0 || ttl % 1000 !== 0 || ttl > 0xffffffff * 1000) throw new Error(`invalid serve_stale response TTL: ${rest[0]} is not a number of whole seconds`);
    stale.ttl = ttl / 1000;
  }
  if (rest[1] === undefined) return;
  stale.recheck = parseDuration(rest[1]);
  if (stale.recheck < 0 || stale.recheck > FIVE_MINUTES) throw new Error(`invalid serve_stale failure recheck: ${rest[1]} is not between 0s and 5m`);
}
