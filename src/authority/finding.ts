// What a source has at the name of a question, and what proves it: one object each, filled again and again. Knows the five things that can
// be there (RFC 1034 section 4.3.2, RFC 4592, RFC 6672); knows no source.
import { NOWHERE } from './backend.ts';
import type { Node } from './backend.ts';
import { typeAt } from './record-sets.ts';

/**
 * `node`: the name exists, and may own nothing. `cut`: it is, or is below, a name that is delegated. `rename`: it is below a DNAME.
 * `wildcard`: it does not exist, and a wildcard speaks for it. `nothing`: it does not exist. `unready`: the zone cannot be asked now.
 */
export type Kind = 'node' | 'cut' | 'rename' | 'wildcard' | 'nothing' | 'unready';
/** How a zone proves what is not there: not at all, by NSEC (RFC 4035) or by NSEC3 (RFC 5155). */
export type Denial = 'none' | 'nsec' | 'nsec3';

const NO_BYTES = new Uint8Array(8);

/** What is at a name. It holds until the next question is asked of the source, and no longer than the turn. */
export class Finding {
  kind: Kind = 'nothing';
  /**
   * The label of the name (`Place.at`) at which begins what was found: 0 for a `node`, the delegated name of a `cut`, the owner of the
   * DNAME of a `rename`, the closest encloser of a `wildcard` and of `nothing`.
   */
  label = 0;
  /** What writes itself, where the source computes; undefined where it has sets. */
  node: Node | undefined = undefined;
  /** Of `nothing`: nobody else has the name either, and it is not handed on. */
  isCertain = false;
  /** Where the source has sets (record-sets.ts): the memory that offsets are into. */
  bytes: Uint8Array = NO_BYTES;
  /** The sets of what was found, of a `wildcard` its own; 0 for `nothing`. */
  sets = 0;
  /** The set of the zone's SOA, and that of its NS; 0 where it has none. */
  soa = 0;
  ns = 0;
  denial: Denial = 'none';
  /** Of `unready`: why, for the log. */
  why = '';

  /** What a source that computes has at a name; undefined: nothing. */
  computed(node: Node | undefined): void {
    this.isCertain = node === NOWHERE;
    this.kind = node === undefined || node === NOWHERE ? 'nothing' : 'node';
    this.label = 0;
    this.node = this.kind === 'node' ? node : undefined;
    this.sets = 0;
  }
  /** What is there in a zone with sets; the zone itself is told by `of`. */
  stored(kind: Kind, label: number, sets: number): void {
    this.kind = kind;
    this.label = label;
    this.node = undefined;
    this.sets = sets;
  }
  /** The zone that the sets are of. */
  of(bytes: Uint8Array, soa: number, ns: number, denial: Denial): void {
    this.bytes = bytes;
    this.soa = soa;
    this.ns = ns;
    this.denial = denial;
  }
  /** There is no such name; its closest encloser begins at this label. */
  nothing(label: number): void {
    this.kind = 'nothing';
    this.isCertain = false;
    this.label = label;
    this.node = undefined;
    this.sets = 0;
  }
  /** The zone cannot be asked now, for this reason. */
  unready(why: string): void {
    this.nothing(0);
    this.kind = 'unready';
    this.why = why;
  }
  /** Whether a name that exists owns nothing, as far as can be said without asking: what is above other names (RFC 4592 section 2.2.2). */
  get isEmpty(): boolean {
    return this.node === undefined && (this.sets === 0 || typeAt(this.bytes, this.sets) === 0);
  }
}

/** A record that proves what is not there. One object is filled again and again. */
export class Proof {
  bytes: Uint8Array = NO_BYTES;
  /** Its NSEC or NSEC3 as a set; 0: there is none. */
  set = 0;
  /** Its owner as wire labels in lower case, without those of the zone; `length` bytes of them. */
  readonly owner: Uint8Array = new Uint8Array(256);
  length = 0;
  /** Whether it is owned by the name itself, or by its hash: it tells the types; else it proves that the name is not there. */
  matches = false;
}
