// Names that tell which keys a validator trusts: to clients, by answers that fail (RFC 8509), and to the zone itself, by what it is asked
// for (RFC 8145). Knows names and key tags; knows no client.
import type { Name } from '../dns/name.ts';
import { u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { keyTag } from '../dnssec/dnskey.ts';
import type { TrustAnchor } from './anchors.ts';

/** Tags that one label has room for. */
const MOST_TAGS = 12;
const SENTINEL = /^root-key-sentinel-(is|not)-ta-(\d{5})$/;

const tagsOf = ({ ds, keys }: TrustAnchor): number[] => [...ds.map((data) => u16(data, 0)), ...keys.map(keyTag)];
/** The name whose NULL record a zone is asked for, so that it learns which of its keys are trusted (RFC 8145 section 5.1). */
export function signalName(anchor: TrustAnchor): Name {
  const tags = [...new Set(tagsOf(anchor))].sort((one, other) => one - other).slice(0, MOST_TAGS);
  return anchor.zone.under(`_ta-${tags.map((tag) => tag.toString(16).padStart(4, '0')).join('-')}`);
}
/** Whether a secure answer for this name is to fail: the client asks, by that, whether a key is trusted (section 3.1). */
export function failsForSentinel(name: Name, type: number, anchors: readonly TrustAnchor[]): boolean {
  if (type !== TYPE.A && type !== TYPE.AAAA) return false;
  const [, is, digits] = SENTINEL.exec(name.folded.split()[0] ?? '') ?? [];
  if (digits === undefined) return false;
  const isTrusted = anchors.some((anchor) => anchor.zone.raw.length === 1 && tagsOf(anchor).includes(Number(digits)));
  return isTrusted !== (is === 'is');
}
