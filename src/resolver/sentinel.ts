// Names by which clients find out what a validator trusts (RFC 8509): their answers fail where the root's key is not, or is, an anchor.
// Knows names and key tags; knows no client.
import type { Name } from '../dns/name.ts';
import { u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { keyTag } from '../dnssec/dnskey.ts';
import type { TrustAnchor } from './anchors.ts';

const SENTINEL = /^root-key-sentinel-(is|not)-ta-(\d{5})$/;

/** The tags of the keys of the root that are trusted. */
export function rootKeyTags(anchors: readonly TrustAnchor[]): ReadonlySet<number> {
  const root = anchors.filter(({ zone }) => zone.raw.length === 1);
  return new Set(root.flatMap(({ ds, keys }) => [...ds.map((data) => u16(data, 0)), ...keys.map(keyTag)]));
}
/** Whether a secure answer for this name is to fail: the client asks, by that, whether a key is trusted (section 3.1). */
export function failsForSentinel(name: Name, type: number, tags: ReadonlySet<number>): boolean {
  if (type !== TYPE.A && type !== TYPE.AAAA) return false;
  const [, is, digits] = SENTINEL.exec(name.folded.split()[0] ?? '') ?? [];
  return digits !== undefined && tags.has(Number(digits)) !== (is === 'is');
}
