// What is under a key as answers need it: messages with the TTL that holds now, made of what is kept. Knows rules of layouts and TTLs;
// knows no index and no store.
import type { Kept } from './kept.ts';
import type { LeaseBounds } from './leases.ts';
import type { Service } from './message.ts';

/** What a question wants to know. Can be sent between threads. */
export interface Wanted {
  /** Without a slash at its end. */
  readonly key: string;
  /** What counts: the key alone; all below it, and the key where that is nothing; the key and what is directly below it. */
  readonly reach: 'key' | 'below' | 'name';
  readonly bounds: LeaseBounds;
}
/** What is there. */
export interface Found {
  /** With the TTL that holds now, each. */
  readonly services: readonly Service[];
  /** Whether anything is at the key or below. */
  readonly exists: boolean;
  /** The first key that is no message, and why. */
  readonly wrong: string | undefined;
  /** Why it may be old. */
  readonly stale: string | undefined;
  /** What whoever asks shall know of it otherwise. */
  readonly note?: string;
}

/** TTL of a message that says none and has no lease; of what has none left, and of a denial. */
const TTL = 300, STALE_TTL = 30;
/** Services of an answer: more have no room in a message. */
export const MOST = 4000;

/**
 * What is kept, undefined for nothing, as answers need it. `left` are the seconds of a lease. A message that cannot be used fails what is
 * asked for; of a name with others it is left out, and handed to `leave`.
 */
export function foundOf(kept: readonly Kept[] | undefined, reach: Wanted['reach'], stale: string | undefined,
  left: (lease: bigint) => number, leave: (kept: Kept) => void): Found {
  if (kept === undefined) return { services: [], exists: false, wrong: undefined, stale };
  const services: Service[] = [];
  let bad: Kept | undefined;
  for (const each of kept) {
    const { service, lease } = each;
    if (service === undefined) {
      bad ??= each;
      continue;
    }
    const { ttl } = service;
    const rest = lease === 0n ? 0 : left(lease);
    const now = rest === 0 ? ttl || TTL : ttl === 0 ? rest : Math.min(ttl, rest);
    services.push(now === ttl ? service : { ...service, ttl: now });
  }
  if (bad === undefined) return { services, exists: true, wrong: undefined, stale };
  if (reach !== 'name' || services.length === 0) return { services: [], exists: true, wrong: `${bad.key}: ${bad.wrong}`, stale };
  leave(bad);
  return { services, exists: true, wrong: undefined, stale };
}

/** What is known of a copy that nobody has called current for so many seconds: what has no TTL left is stale (RFC 8767 section 4). */
export function aged(found: Found, seconds: number, why: string): Found {
  let isStale = found.services.length === 0 && seconds >= STALE_TTL;
  const services = found.services.map((service) => {
    isStale ||= service.ttl <= seconds;
    return { ...service, ttl: ttlLeft(service.ttl, seconds) };
  });
  return { ...found, services, stale: isStale ? why : found.stale };
}
/** What is left of a TTL after so many seconds, or what is said where nothing is. */
export const ttlLeft = (ttl: number, seconds: number): number => (ttl > seconds ? Math.ceil(ttl - seconds) : Math.min(ttl, STALE_TTL));
