// What a dynamic update makes of a zone (RFC 2136 section 3): its prerequisites, its form, the records that are others then. Knows records;
// knows no key, no file and no store.
import { latin1 } from '../dns/latin1.ts';
import type { Name } from '../dns/name.ts';
import { compareSerials } from '../dns/order.ts';
import { setU32 } from '../dns/packet.ts';
import type { Parts } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { shapeOf } from '../dns/shapes.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { foldData } from './incoming/wire-names.ts';
import { serialOf } from './transfer.ts';

/** The zone that is served, as an update is held against it. */
export interface UpdatedZone {
  readonly zone: Name;
  /** All records of a name of the zone, none where there are none; names by their lower-case text. */
  at(name: Name): readonly RR[];
}
/** Whether whoever sent it may change this; `type` is ANY where all of a name is to go. */
export type Permission = (name: Name, type: number) => boolean;

/** What came of an update. */
export interface Updated {
  readonly rcode: number;
  /** What each name has from now on that has something else than before; empty where all is as it was, or it was refused. */
  readonly changed: ReadonlyMap<Name, readonly RR[]>;
  /** By how much there are more, in wire form without pointers; below 0 where there are fewer. */
  readonly moreRecords: number;
  readonly moreBytes: number;
}

/** Types that only signers, or the parent, may say: never taken from an update (DYN-5). */
export const NEVER_UPDATED: ReadonlySet<number> = new Set([
  TYPE.SIG, TYPE.KEY, TYPE.NXT, TYPE.DS, TYPE.RRSIG, TYPE.NSEC, TYPE.DNSKEY, TYPE.NSEC3, TYPE.NSEC3PARAM, TYPE.TALINK, TYPE.CDS,
  TYPE.CDNSKEY, TYPE.ZONEMD, TYPE.TA, TYPE.DLV,
]);
const { ANY, SOA, NS, CNAME, DNAME, OPT, NULL, APL } = TYPE;
/** Types that are only asked for (RFC 6895 section 3.1): no record has one. */
export const isMeta = (type: number): boolean => type === 0 || type === OPT || (type >= 128 && type <= 255);

/**
 * What the update in a message makes of the zone, all of it or nothing; the question is the caller's to judge. The serial counts up where
 * something changed and the update brought none.
 */
export function update(zone: UpdatedZone, parts: Pick<Parts, 'answer' | 'authority'>, may: Permission): Updated {
  const { answer, authority } = parts;
  const unmet = prerequisites(zone, answer);
  if (unmet !== RCODE.NOERROR) return refused(unmet);
  const rcode = authority.every(({ name, type }) => may(name, type)) ? formOf(zone, authority) : RCODE.REFUSED;
  if (rcode !== RCODE.NOERROR) return refused(rcode);
  const draft = new Draft(zone);
  for (const each of authority) {
    if (each.class === CLASS.IN) draft.add(each);
    else if (each.class === CLASS.NONE) draft.remove(each);
    else draft.removeAll(each);
  }
  return draft.finish();
}
const refused = (rcode: number): Updated => ({ rcode, changed: new Map(), moreRecords: 0, moreBytes: 0 });

/** Section 3.2: NOERROR where all are met, else the rcode of the first that is not. */
function prerequisites(zone: UpdatedZone, records: readonly RR[]): number {
  const wanted = new Map<string, RR[]>();
  for (const each of records) {
    const { name, type, class: klass, ttl, rdata } = each;
    if (ttl !== 0) return RCODE.FORMERR;
    if (!name.isUnder(zone.zone)) return RCODE.NOTZONE;
    if (klass === CLASS.IN) {
      if (isMeta(type)) return RCODE.FORMERR;
      const key = `${type} ${name.key}`;
      const set = wanted.get(key);
      if (set === undefined) wanted.set(key, [each]);
      else set.push(each);
      continue;
    }
    if ((klass !== CLASS.ANY && klass !== CLASS.NONE) || rdata.length > 0 || (isMeta(type) && type !== ANY)) return RCODE.FORMERR;
    const there = zone.at(name);
    const is = type === ANY ? there.length > 0 : there.some((has) => has.type === type);
    if (is !== (klass === CLASS.ANY)) return missing(klass, type);
  }
  for (const set of wanted.values()) {
    const [{ name, type }] = set as [RR];
    const keys = new Set(set.map(recordKey));
    const there = zone.at(name).filter((has) => has.type === type);
    if (there.length !== keys.size || !there.every((has) => keys.has(recordKey(has)))) return RCODE.NXRRSET;
  }
  return RCODE.NOERROR;
}
function missing(klass: number, type: number): number {
  if (klass === CLASS.ANY) return type === ANY ? RCODE.NXDOMAIN : RCODE.NXRRSET;
  return type === ANY ? RCODE.YXDOMAIN : RCODE.YXRRSET;
}

/** Section 3.4.1: whether each update is one. */
function formOf({ zone }: UpdatedZone, records: readonly RR[]): number {
  for (const { name, type, class: klass, ttl, rdata } of records) {
    if (!name.isUnder(zone)) return RCODE.NOTZONE;
    if (NEVER_UPDATED.has(type)) return RCODE.NOTIMP;
    if (isMeta(type) && (type !== ANY || klass !== CLASS.ANY)) return RCODE.FORMERR;
    const isGone = ttl === 0 && (klass === CLASS.NONE || (klass === CLASS.ANY && rdata.length === 0));
    if (klass === CLASS.IN ? !isWhole(type, rdata) : !isGone) return RCODE.FORMERR;
  }
  return RCODE.NOERROR;
}
/** Whether these data can stand in a zone. A serial of 0 is taken for none by some (DYN-8). */
function isWhole(type: number, rdata: Uint8Array): boolean {
  if (rdata.length === 0) return type === NULL || type === APL || shapeOf(type) === undefined;
  return type !== SOA || serialOf({ rdata }) !== 0;
}

/** One name that an update touches: of each type that it is about the records by what tells them apart, the others as they lie. */
class Touched {
  readonly name: Name;
  readonly before: readonly RR[];
  readonly #sets = new Map<number, Map<string, RR>>();
  /** Types of which one came: the others of these get its time to live. */
  readonly #come = new Set<number>();
  /** How many records there are now. */
  #count: number;

  constructor(name: Name, before: readonly RR[]) {
    this.name = name;
    this.before = before;
    this.#count = before.length;
  }
  /** The records of a type, to be looked at. */
  of(type: number): ReadonlyMap<string, RR> {
    return this.#of(type);
  }
  #of(type: number): Map<string, RR> {
    let set = this.#sets.get(type);
    if (set === undefined) {
      set = new Map(this.before.filter((has) => has.type === type).map((has) => [recordKey(has), has]));
      this.#sets.set(type, set);
    }
    return set;
  }
  /** Whether there are records of other types. */
  hasBeside(type: number): boolean {
    return this.#count > this.#of(type).size;
  }
  put(key: string, made: RR): void {
    const set = this.#of(made.type);
    this.#come.add(made.type);
    this.#count += set.has(key) ? 0 : 1;
    set.delete(key);
    set.set(key, made);
  }
  delete(type: number, key: string): void {
    if (this.#of(type).delete(key)) this.#count--;
  }
  clear(type: number): void {
    const set = this.#of(type);
    this.#count -= set.size;
    set.clear();
  }
  /** All types that there are. */
  types(): ReadonlySet<number> {
    return new Set([...this.before.map(({ type }) => type), ...this.#sets.keys()]);
  }

  /** The records as they are in the end; those that were there where all are as they were. */
  records(): readonly RR[] {
    const sets = [...this.#sets].map(([type, set]) =>
      [type, this.#come.has(type) ? withOneTtl([...set.values()]) : [...set.values()]] as const);
    const isOther = sets.some(([type, now]) => !isSame(this.before.filter((has) => has.type === type), now));
    if (!isOther) return this.before;
    return [...this.before.filter(({ type }) => !this.#sets.has(type)), ...sets.flatMap(([, now]) => now)];
  }
}
/** Records of a set have one time to live (RFC 2181 section 5.2): that of the one that came last. */
function withOneTtl(records: readonly RR[]): readonly RR[] {
  const last = records.at(-1)?.ttl;
  return records.every(({ ttl }) => ttl === last) ? records : records.map((each) => (each.ttl === last ? each : { ...each, ttl: last! }));
}

/** The names that an update touches, as they become. */
class Draft {
  readonly #zone: UpdatedZone;
  readonly #touched = new Map<string, Touched>();

  constructor(zone: UpdatedZone) {
    this.#zone = zone;
  }
  #of(name: Name): Touched {
    let touched = this.#touched.get(name.key);
    if (touched === undefined) this.#touched.set(name.key, touched = new Touched(name.folded, this.#zone.at(name)));
    return touched;
  }
  #isApex = (name: Name): boolean => name.equals(this.#zone.zone);

  /** Section 3.4.2.2: what cannot stand beside what is there is left out without a word. */
  add({ name, type, ttl: asked, rdata }: RR): void {
    const touched = this.#of(name);
    // The highest bit makes it none (RFC 2181 section 8).
    const ttl = asked > 0x7fffffff ? 0 : asked;
    const made = record(name.folded, type, CLASS.IN, ttl, rdata);
    if (type === CNAME ? touched.hasBeside(CNAME) : touched.of(CNAME).size > 0) return;
    const [old] = touched.of(type).values();
    if (type === SOA && (old === undefined || compareSerials(serialOf(made), serialOf(old)) <= 0)) return;
    if (type === SOA || type === CNAME || type === DNAME) touched.clear(type);
    touched.put(recordKey(made), made);
  }
  /** Section 3.4.2.4: one record; the zone keeps its SOA and the last of its name servers. */
  remove({ name, type, rdata }: RR): void {
    const touched = this.#of(name);
    if (type === SOA) return;
    const key = recordKey({ type, rdata });
    const set = touched.of(type);
    if (type === NS && this.#isApex(name) && set.size === 1 && set.has(key)) return;
    touched.delete(type, key);
  }
  /** Section 3.4.2.3: a set, or all that a name has; of the zone's own name neither SOA nor NS. */
  removeAll({ name, type }: RR): void {
    const touched = this.#of(name);
    const isApex = this.#isApex(name);
    for (const each of type === ANY ? touched.types() : [type]) {
      if (!isApex || (each !== SOA && each !== NS)) touched.clear(each);
    }
  }

  finish(): Updated {
    const { zone } = this.#zone;
    const become = new Map([...this.#touched.values()].map((touched) => [touched, touched.records()]));
    const changed = new Map<Name, readonly RR[]>();
    if ([...become].some(([{ before }, records]) => before !== records)) become.set(this.#of(zone), this.#counted(this.#of(zone)));
    let moreRecords = 0;
    let moreBytes = 0;
    for (const [{ name, before }, records] of become) {
      if (before === records) continue;
      changed.set(name, records);
      moreRecords += records.length - before.length;
      moreBytes += bytesOf(records) - bytesOf(before);
    }
    return { rcode: RCODE.NOERROR, changed, moreRecords, moreBytes };
  }
  /** The zone's own name with the next serial, where the SOA is the one of before; 0 is left out (DYN-8). */
  #counted(apex: Touched): readonly RR[] {
    const served = apex.before.find(({ type }) => type === SOA);
    return apex.records().map((has) => (has.type === SOA && has === served ? counted(has) : has));
  }
}
function counted(soa: RR): RR {
  const rdata = Uint8Array.from(soa.rdata);
  setU32(rdata, rdata.length - 20, (serialOf(soa) + 1) >>> 0 || 1);
  return { ...soa, rdata };
}
/** Whether both have the same records with the same times to live, in whichever order. */
function isSame(before: readonly RR[], after: readonly RR[]): boolean {
  if (before.length === after.length && before.every((each, i) => each === after[i])) return true;
  const keys = new Set(before.map((each) => `${each.ttl} ${recordKey(each)}`));
  return before.length === after.length && after.every((each) => keys.has(`${each.ttl} ${recordKey(each)}`));
}
/** Equal records of a name have the same key: times to live and the letters of names in data count for nothing (RFC 2136 section 1.1.1). */
export const recordKey = ({ type, rdata }: Pick<RR, 'type' | 'rdata'>): string =>
  `${type} ${latin1(foldData(type, rdata, rdata.length), 0, rdata.length)}`;
/** Octets of records in wire form: owner, ten of the head, data. */
const bytesOf = (records: readonly RR[]): number =>
  records.reduce((sum, { name, rdata }) => sum + name.raw.length + 10 + rdata.length, 0);
