// What is trusted to begin with, and what is not validated at all (RFC 4033 section 5, RFC 7646). Knows names and data; knows no file.
import type { Name } from '../dns/name.ts';
import { parseRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';

/** What is trusted of one zone. */
export interface TrustAnchor {
  readonly zone: Name;
  /** Data of DS and of DNSKEY records. */
  readonly ds: readonly Uint8Array[];
  readonly keys: readonly Uint8Array[];
}

/** The DS of the root's keys (IANA, of 2017 and 2024), the keys of which RFC 5011 is told by the zone itself. */
export const ROOT_ANCHORS: readonly RR[] = [
  '. 3600 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D',
  '. 3600 IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16',
].map((text) => parseRR(text)!);

/** The anchors that DS and DNSKEY records are; others are passed over. */
export function anchorsFrom(records: readonly RR[]): TrustAnchor[] {
  const anchors = new Map<string, { zone: Name; ds: Uint8Array[]; keys: Uint8Array[] }>();
  for (const { name, type, rdata } of records) {
    if (type !== TYPE.DS && type !== TYPE.DNSKEY) continue;
    const anchor = anchors.get(name.key) ?? { zone: name, ds: [], keys: [] };
    anchors.set(name.key, anchor);
    (type === TYPE.DS ? anchor.ds : anchor.keys).push(rdata);
  }
  return [...anchors.values()];
}

/** A zone that is not validated, and until when: milliseconds since 1970. */
export interface InsecureZone {
  readonly zone: Name;
  readonly until: number;
}
/** How answers are validated. */
export interface ValidationSettings {
  readonly anchors: readonly TrustAnchor[];
  /** Zones below which nothing is validated (RFC 7646). */
  readonly insecure: readonly InsecureZone[];
  /** NSEC3 with more is as good as unsigned (RFC 9276 section 3.2). */
  readonly mostIterations: number;
  /** Whether signatures and digests by these numbers are counted: what nobody can check is as good as unsigned. */
  readonly supports: (algorithm: number) => boolean;
  readonly supportsDigest: (kind: number) => boolean;
  /** Zones with anchors are told which of their keys are trusted (RFC 8145). */
  readonly signals: boolean;
  /** Whether clients may find out which keys of the root are trusted (RFC 8509). */
  readonly sentinel: boolean;
  /** A zone with an anchor whose keys cannot be had is bogus, not unsigned. */
  readonly hardenStripped: boolean;
  /** Denials that were found secure are answers for other names too (RFC 8198). */
  readonly aggressive: boolean;
  /** What is bogus is answered all the same, as if it was unsigned. */
  readonly permissive: boolean;
  /** The time by which signatures are judged, in milliseconds since 1970. */
  readonly wall: () => number;
}

/** The anchor nearest to a name, unless something nearer says that it is not validated. */
export function anchorOf({ anchors, insecure, wall }: ValidationSettings, name: Name): TrustAnchor | undefined {
  let nearest: TrustAnchor | undefined;
  for (const anchor of anchors) {
    if (name.isUnder(anchor.zone) && (nearest === undefined || anchor.zone.labels > nearest.zone.labels)) nearest = anchor;
  }
  const labels = nearest?.zone.labels ?? 0;
  const isInsecure = insecure.some(({ zone, until }) => name.isUnder(zone) && zone.labels >= labels && until > wall());
  return isInsecure ? undefined : nearest;
}
