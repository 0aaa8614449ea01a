// What a source of computed records says of a name, and what is asked of it: `Lookup` makes DNS of that. Knows no source.
import type { Name } from '../dns/name.ts';
import type { Fallthrough } from '../kernel/site/fallthrough.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Asked, Place, ServedZones } from './served-zones.ts';
import type { Soa } from './soa.ts';
import type { Unknown } from './source.ts';

/** What is at a name that exists. It may own nothing. */
export interface Node {
  /**
   * Writes the records of this type that the name owns into the answer section, and what belongs beside them into the additional one.
   * `reply` has no records yet; or it is a `ZoneRecords`, the name its owner, and the record is written into a transfer. Records that do
   * not fit any more are left out; if they are those that were asked for TC is set.
   */
  write(type: number, reply: Message, asked: Asked, place: Place): void;
  /** Where the name points for questions of this type (CNAME), undefined where it is no alias. */
  alias?(type: number): Name | undefined;
  /** Seconds that this is so, where it is not the TTL of the source. */
  readonly aliasTtl?: number;
}

/** What is at a name that is not there, whatever else is asked or missing: neither is it handed on, nor may it exist all the same. */
export const NOWHERE: Node = { write() {} };
/** What is at a name that exists and owns nothing. */
export const EMPTY: Node = { write() {} };

/** A source of records that are computed or looked up: a cluster, a registry. */
export interface Backend {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  /** Seconds: of what is made for it, and of denials. */
  readonly ttl: number;
  /**
   * What is at the name of the question, which lies in `place`; undefined: there is no such name. The node may be an object that the
   * source uses again for the next question, so it holds until the turn ends. A rejection is a SERVFAIL that `errors` logs.
   */
  at(place: Place, query: Query): Node | undefined | Promise<Node | undefined>;
  /** What is said of a name that it does not have, and that is not handed on. */
  readonly unknown: Unknown;
  /** Its SOA records. Not given: there are none, and a denial is empty. */
  readonly soa?: Soa;
  /**
   * Why the name that is asked for, which it does not have, may exist all the same: then it is a SERVFAIL. Undefined where all is known
   * that it could be made of.
   */
  incomplete(place: Place, query: Query): string | undefined;
  /**
   * Asked for a name that it does not have while it is incomplete: whether others behind it shall be asked ('next'), or others have said
   * already that there is no such name ('denial'). Undefined: SERVFAIL.
   */
  instead?(place: Place): 'next' | 'denial' | undefined;
  /**
   * What the name is to it, or why there is none, for whoever explains an answer: called right after `at` where anybody listens, however
   * long it takes.
   */
  told?(place: Place, query: Query): string;
  /** What it says of answers that may be old (RFC 8914 code 3), undefined where they are not. */
  stale?(): string | undefined;
}
