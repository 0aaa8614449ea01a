// A source of answers: zones, and what is at their names. `Lookup` makes DNS of it. Knows no source.
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Fallthrough } from '../kernel/site/fallthrough.ts';
import type { Node } from './backend.ts';
import type { Finding, Proof } from './finding.ts';
import type { Place, ServedZone, ServedZones } from './served-zones.ts';

/** What is said of a name that is not there: that it is not, or nothing that anybody could rely on (SERVFAIL). */
export type Unknown = 'denial' | 'failure';

/** What is at the names of some zones. Nothing of it makes objects where it finds sets. */
export interface Source {
  readonly zones: ServedZones;
  /** Names that are handed on where there is nothing. */
  readonly fallthrough: Fallthrough;
  readonly unknown: Unknown;
  /** Of a source with sets: whether names that are handed on are so too while there is nothing of their zone. */
  readonly passesUnready?: boolean;
  /** Of a source with sets: whether it has aliases that are told as what is behind them (flat-alias.ts). */
  readonly hasFlatAliases?: boolean;
  /**
   * Finds what is at the name of the question, which lies in `place`, and says it in `finding`. Only a source that computes may say it
   * later: then this is what will be there, undefined for nothing, and a rejection is a SERVFAIL that `errors` logs.
   */
  find(place: Place, query: Query, finding: Finding): Promise<Node | undefined> | undefined;

  /**
   * Of a source with sets: finds what the zone has at exactly this name, given in lower case and without pointers, also below a cut (glue),
   * and says in `finding` where its sets are and whether it is a `node`, below a `cut` (`label` is not told) or `nothing`.
   */
  exactly?(zone: ServedZone, name: Uint8Array, length: number, finding: Finding): void;
  /**
   * Of a source with sets: finds the NSEC or NSEC3 that matches or covers the name that begins at `label` of the name in `place`, or, where
   * `wildcard`, the wildcard below that name.
   */
  prove?(place: Place, query: Query, label: number, wildcard: boolean, proof: Proof): void;
  /** Of a source with sets: seconds for which a zone of others may still be served; undefined where its SOA alone says it (RFC 7314). */
  remaining?(zone: ServedZone): number | undefined;

  /** Of a source that computes: seconds of aliases that nodes tell without a TTL. */
  readonly aliasTtl?: number;
  /** How it writes the SOA of a zone; says by how much it would be longer without pointers. Not given: none. */
  readonly writeSoa?: ((reply: Message, section: number, zone: ServedZone, query: Query) => number) | undefined;
  /** Of a source that computes: see `Backend`. */
  incomplete?(place: Place, query: Query): string | undefined;
  instead?(place: Place): 'next' | 'denial' | undefined;
  readonly told?: ((place: Place, query: Query) => string) | undefined;
  stale?(): string | undefined;
}
