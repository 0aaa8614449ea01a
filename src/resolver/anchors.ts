// What is trusted to begin with, and what is not validated at all (RFC 4033 section 5, RFC 7646). Knows names and data; knows no file.
import type { Name } from '../dns/name.ts';

/** What is trusted of one zone. */
export interface TrustAnchor {
  readonly zone: Name;
  /** Data of DS and of DNSKEY records. */
  readonly ds: readonly Uint8Array[];
  readonly keys: readonly Uint8Array[];
}

/** How answers are validated. */
export interface ValidationSettings {
  readonly anchors: readonly TrustAnchor[];
  /** Zones below which nothing is validated. */
  readonly insecure: readonly Name[];
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
export function anchorOf({ anchors, insecure }: ValidationSettings, name: Name): TrustAnchor | undefined {
  let nearest: TrustAnchor | undefined;
  for (const anchor of anchors) {
    if (name.isUnder(anchor.zone) && (nearest === undefined || anchor.zone.labels > nearest.zone.labels)) nearest = anchor;
  }
  const labels = nearest?.zone.labels ?? 0;
  return insecure.some((zone) => name.isUnder(zone) && zone.labels >= labels) ? undefined : nearest;
}
