// A zone of a few lines as a source with sets, in plain objects: what look-ups are tried with. Knows the layout of sets and what kinds of
// names a zone has; is slow, and knows no file and no thread.
import { createHash } from 'node:crypto';
import type { Finding, Proof } from '../authority/finding.ts';
import { CUT, OWNER_END, RECORD_HEAD, SET_HEAD, ZONE_END, findSet, nextSet, typeAt } from '../authority/record-sets.ts';
import { ServedZones } from '../authority/served-zones.ts';
import type { Place, ServedZone } from '../authority/served-zones.ts';
import type { Source } from '../authority/source.ts';
import { latin1, latin1Bytes, writeLatin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { compareNames } from '../dns/order.ts';
import { setU16, setU32, u16 } from '../dns/packet.ts';
import { parseRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import type { Query } from '../kernel/query/query.ts';
import { NEVER } from '../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../kernel/site/fallthrough.ts';

/** In their data the name at the end may be shortened (RFC 3597 section 4). */
const CUT_TYPES: ReadonlySet<number> = new Set([TYPE.NS, TYPE.CNAME, TYPE.PTR, TYPE.MX]);
const BASE32 = '0123456789abcdefghijklmnopqrstuv';

/** One zone of lines in presentation form; names that do not end in a dot are below the zone. */
export class MadeZone implements Source {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  readonly unknown = 'denial';
  /** Why it cannot be asked now; undefined where it can. */
  why: string | undefined;
  readonly #bytes = new Uint8Array(1 << 20);
  #end = 8;
  /** The sets of each name, by key; 0 for one that owns nothing. */
  readonly #nodes = new Map<string, number>();
  readonly #order: Name[] = [];
  readonly #apex: Name;

  constructor(apex: string, lines: string, fallthrough: Fallthrough = NEVER) {
    const origin = Name.parse(apex);
    this.#apex = origin;
    this.zones = new ServedZones([origin]);
    this.fallthrough = fallthrough;
    const owned = new Map<string, RR[]>();
    for (const line of lines.split('\n').filter((each) => each.trim() !== '')) {
      const record = parseRR(line.trim(), { origin })!;
      for (let name = record.name; name.isUnder(origin); name = parentOf(name)) {
        if (!owned.has(name.key)) owned.set(name.key, []);
        if (name.key === origin.key) break;
      }
      owned.get(record.name.key)!.push(record);
    }
    for (const [key, records] of owned) {
      this.#nodes.set(key, records.length === 0 ? 0 : this.#pack(records));
      this.#order.push(Name.wire(key));
    }
    this.#order.sort(compareNames);
  }
  #pack(records: readonly RR[]): number {
    const sets = this.#end;
    for (const type of new Set(records.map((record) => record.type).filter((each) => each !== TYPE.RRSIG))) {
      this.#set(type, records.filter((record) => record.type === type));
      const signatures = records.filter((record) => record.type === TYPE.RRSIG && u16(record.rdata, 0) === type);
      if (signatures.length > 0) this.#set(TYPE.RRSIG, signatures);
    }
    this.#end += 2;
    return sets;
  }
  #set(type: number, records: readonly RR[]): void {
    const bytes = this.#bytes;
    const set = this.#end;
    let at = set + SET_HEAD;
    for (const { name, ttl, rdata } of records) {
      const [data, isCut] = this.#cut(type, name.key, rdata);
      if (isCut) bytes[set + 7] = CUT;
      setU16(bytes, at, 0xc00c);
      setU16(bytes, at + 2, type);
      setU16(bytes, at + 4, 1);
      setU32(bytes, at + 6, ttl);
      setU16(bytes, at + 10, data.length);
      bytes.set(data, at + RECORD_HEAD);
      at += RECORD_HEAD + data.length;
    }
    setU16(bytes, set, type);
    setU16(bytes, set + 2, records.length);
    setU16(bytes, set + 4, at - set - SET_HEAD);
    this.#end = at;
  }
  /** The data without the end of a name that is below the owner or in the zone. */
  #cut(type: number, owner: string, rdata: Uint8Array): [Uint8Array, boolean] {
    if (!CUT_TYPES.has(type)) return [rdata, false];
    const from = type === TYPE.MX ? 2 : 0;
    const name = Name.wire(latin1(rdata, from, rdata.length));
    const isWild = owner.startsWith('\x01*');
    const end = [owner, this.#apex.key].findIndex((each, i) => name.isUnder(Name.wire(each)) && name.key !== owner && (i > 0 || !isWild));
    if (end < 0) return [rdata, false];
    const rest = end === 0 ? owner.length : this.#apex.key.length;
    return [Uint8Array.of(...rdata.subarray(0, rdata.length - rest), 0xc0, end === 0 ? OWNER_END : ZONE_END), true];
  }

  find(place: Place, query: Query, finding: Finding): undefined {
    this.#find(place, query, finding);
  }
  #find(place: Place, query: Query, finding: Finding): void {
    this.#begin(finding);
    if (this.why !== undefined) return finding.unready(this.why);
    const { labels, at } = place;
    const nameAt = (label: number) => keyAt(query.bytes, at[label]!);
    for (let label = labels; ; label--) {
      const sets = this.#nodes.get(nameAt(label));
      if (sets === undefined) {
        const wild = this.#nodes.get(`\x01*${nameAt(label + 1)}`);
        return wild === undefined ? finding.nothing(label + 1) : finding.stored('wildcard', label + 1, wild);
      }
      if (label < labels && this.#has(sets, TYPE.NS)) return finding.stored('cut', label, sets);
      if (label === 0) return finding.stored('node', 0, sets);
      if (this.#has(sets, TYPE.DNAME)) return finding.stored('rename', label, sets);
    }
  }
  exactly(_zone: ServedZone, name: Uint8Array, length: number, finding: Finding): void {
    this.#begin(finding);
    const key = latin1(name, 0, length);
    const sets = this.#nodes.get(key);
    if (sets === undefined) return finding.nothing(0);
    let above = Name.wire(key);
    let isBelow = false;
    for (; above.key !== this.#apex.key; above = parentOf(above)) isBelow ||= this.#has(this.#nodes.get(above.key) ?? 0, TYPE.NS);
    finding.stored(isBelow ? 'cut' : 'node', 0, sets);
  }
  #begin(finding: Finding): void {
    const apex = this.#nodes.get(this.#apex.key)!;
    const has = (type: number) => findSet(this.#bytes, apex, type);
    finding.of(this.#bytes, has(TYPE.SOA), has(TYPE.NS), has(TYPE.NSEC3PARAM) > 0 ? 'nsec3' : has(TYPE.NSEC) > 0 ? 'nsec' : 'none');
  }
  #has(sets: number, type: number): boolean {
    return findSet(this.#bytes, sets, type) > 0;
  }

  prove(place: Place, query: Query, label: number, wildcard: boolean, proof: Proof): void {
    const name = (wildcard ? '\x01*' : '') + keyAt(query.bytes, place.at[label]!);
    const param = findSet(this.#bytes, this.#nodes.get(this.#apex.key)!, TYPE.NSEC3PARAM);
    if (param === 0) this.#prove(proof, Name.wire(name), TYPE.NSEC);
    else this.#prove(proof, Name.wire(`\x20${this.#hash(param, name)}${this.#apex.key}`), TYPE.NSEC3);
  }
  #prove(proof: Proof, name: Name, type: number): void {
    const owners = this.#order.filter((each) => this.#has(this.#nodes.get(each.key)!, type));
    const owner = owners.findLast((each) => compareNames(each, name) <= 0) ?? owners.at(-1);
    proof.bytes = this.#bytes;
    proof.set = owner === undefined ? 0 : findSet(this.#bytes, this.#nodes.get(owner.key)!, type);
    proof.matches = owner?.key === name.key;
    proof.length = owner === undefined ? 0 : owner.key.length - this.#apex.key.length;
    writeLatin1(owner?.key.slice(0, proof.length) ?? '', proof.owner, 0);
  }
  /** RFC 5155 section 5, by the numbers of the NSEC3PARAM. */
  #hash(param: number, name: string): string {
    const at = param + SET_HEAD + RECORD_HEAD;
    const bytes = this.#bytes;
    const salt = bytes.subarray(at + 5, at + 5 + bytes[at + 4]!);
    let digest: Uint8Array = latin1Bytes(name);
    for (let i = u16(bytes, at + 2); i >= 0; i--) digest = createHash('sha1').update(digest).update(salt).digest();
    const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join('');
  }

  /** The types at a name, signatures among them, for tests. */
  typesAt(sets: number): number[] {
    const types: number[] = [];
    for (let at = sets; sets > 0 && typeAt(this.#bytes, at) !== 0; at = nextSet(this.#bytes, at)) types.push(typeAt(this.#bytes, at));
    return types;
  }
}

const parentOf = ({ key }: Name): Name => Name.wire(key.slice(key.charCodeAt(0) + 1));
function keyAt(bytes: Uint8Array, from: number): string {
  let at = from;
  while (bytes[at] !== 0) at += bytes[at]! + 1;
  return latin1(bytes, from, at + 1);
}
