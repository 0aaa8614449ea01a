// What NSEC records prove (RFC 4035 section 5.4, RFC 6840 sections 4.1 and 4.3). Knows names, order and bitmaps; that they are signed was
// found out before.
import { Name } from '../../dns/name.ts';
import { compareNames } from '../../dns/order.ts';
import { TYPE } from '../../dns/type-name.ts';
import { isInBitmap } from '../type-bitmap.ts';
import { commonAncestor, wildcardOf } from './proof.ts';
import type { CutProof, Denial, Proof } from './proof.ts';

/** One record, read. */
class Nsec {
  readonly owner: Name;
  readonly next: Name;
  readonly #data: Uint8Array;
  constructor({ name, data }: Denial) {
    this.owner = name.folded;
    this.next = Name.read(data, 0).folded;
    this.#data = data;
  }
  has(type: number): boolean {
    return isInBitmap(this.#data, type, this.next.raw.length);
  }
  /** It is the parent's: what lies below, and at it but for DS, is none of its business. */
  get isCut(): boolean {
    return this.has(TYPE.NS) && !this.has(TYPE.SOA);
  }
  /** The name does not exist. Names below a cut or a DNAME are not its own to deny. */
  covers(name: Name): boolean {
    if (name.equals(this.owner) || (name.isUnder(this.owner) && (this.isCut || this.has(TYPE.DNAME)))) return false;
    const isAfter = compareNames(this.owner, name) < 0;
    const isBefore = compareNames(name, this.next) < 0;
    return compareNames(this.owner, this.next) < 0 ? isAfter && isBefore : isAfter || isBefore;
  }
  /** The name exists and has nothing: there are names below it. */
  isAbove(name: Name): boolean {
    return this.covers(name) && this.next.isUnder(name);
  }
  closestEncloser(name: Name): Name {
    const one = commonAncestor(name, this.owner);
    const other = commonAncestor(name, this.next);
    return one.labels > other.labels ? one : other;
  }
}
const read = (sets: readonly Denial[]): Nsec[] => sets.map((set) => new Nsec(set));

/** The longest ancestor of a name that exists, as the record that covers the name says. */
export const closestEncloser = (set: Denial, name: Name): Name => new Nsec(set).closestEncloser(name);

/** Whether the record says that there is no such set at that very name: a wildcard may still stand for it. */
export function denies(set: Denial, name: Name, type: number): boolean {
  const record = new Nsec(set);
  return record.owner.equals(name) ? lacks(record, type) : record.covers(name);
}

/** The name does not exist, and no wildcard stands for it. */
export function provesNoName(sets: readonly Denial[], name: Name): Proof {
  const records = read(sets);
  const cover = records.find((each) => each.covers(name) && !each.isAbove(name));
  if (cover === undefined) return 'missing';
  const wildcard = wildcardOf(cover.closestEncloser(name));
  return wildcard !== undefined && records.some((each) => each.covers(wildcard) && !each.isAbove(wildcard)) ? 'proven' : 'missing';
}
/** The name, or the wildcard that stands for it, has no set of the type and is no alias. */
export function provesNoData(sets: readonly Denial[], name: Name, type: number): Proof {
  const records = read(sets);
  const own = records.find((each) => each.owner.equals(name));
  if (own !== undefined) return lacks(own, type) ? 'proven' : 'missing';
  if (records.some((each) => each.isAbove(name))) return 'proven';
  const cover = records.find((each) => each.covers(name));
  const wildcard = cover === undefined ? undefined : wildcardOf(cover.closestEncloser(name));
  if (wildcard === undefined) return 'missing';
  // Names below the wildcard alone: it exists, and has nothing (RFC 4592 section 2.2.2).
  if (records.some((each) => each.isAbove(wildcard))) return 'proven';
  const there = records.find((each) => each.owner.equals(wildcard));
  return there !== undefined && lacks(there, type) ? 'proven' : 'missing';
}
/** A DS is the parent's to deny, all else the child's. */
function lacks(record: Nsec, type: number): boolean {
  if (record.has(type) || record.has(TYPE.CNAME)) return false;
  return type === TYPE.DS ? !record.has(TYPE.SOA) || record.owner.raw.length === 1 : !record.isCut;
}
/** Nothing nearer to the name exists than what the wildcard under `encloser` is of. */
export function provesWildcard(sets: readonly Denial[], name: Name, encloser: Name): Proof {
  return read(sets).some((each) => each.covers(name) && each.closestEncloser(name).equals(encloser)) ? 'proven' : 'missing';
}
/** Whether a zone begins at the name, where its parent has no DS. */
export function provesCut(sets: readonly Denial[], name: Name): CutProof {
  const records = read(sets);
  const own = records.find((each) => each.owner.equals(name));
  if (own !== undefined) {
    if (own.has(TYPE.SOA) && name.raw.length > 1) return 'missing';
    if (own.has(TYPE.DS)) return 'missing';
    return own.has(TYPE.NS) ? 'unsigned cut' : 'no cut';
  }
  if (records.some((each) => each.isAbove(name))) return 'no cut';
  return provesNoName(sets, name) === 'proven' ? 'no name' : provesNoData(sets, name, TYPE.DS) === 'proven' ? 'no cut' : 'missing';
}
