// The digest of a zone (ZONEMD, RFC 8976) held against its records before they are a version, or made of them. Knows records in a scratch;
// how a digest is made is dnssec's.
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { u16, u32 } from '../../dns/packet.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import type { RRset } from '../../dnssec/set-form.ts';
import { VerifyingKey } from '../../dnssec/verification.ts';
import { SIMPLE, ZONE_SHA384, ZONE_SHA512, ZoneDigest, zoneDigestData } from '../../dnssec/zone-digest.ts';
import { writeWire } from './name-key.ts';
import type { Scratch } from './scratch.ts';
import { sortNames } from './sort-names.ts';
import { ZoneError } from './zone-error.ts';

/** Octets of a digest by its hash (RFC 8976 section 5.3). */
const LENGTHS: Readonly<Record<number, number>> = { [ZONE_SHA384]: 48, [ZONE_SHA512]: 64 };
const { DNSKEY, RRSIG, SOA, ZONEMD } = TYPE;

const nameOf = ({ zone }: Scratch): string => Name.wire(latin1(zone, 0, zone.length)).text;
/** The zone's own records of a type, of all of the scratch. */
const apexData = (scratch: Scratch, type: number): readonly Uint8Array[] =>
  recordsOf(scratch, apexOf(scratch)).filter((record) => scratch.type(record) === type).map((record) => dataOf(scratch, record));
const apexOf = (scratch: Scratch): number => scratch.owner(scratch.zone, scratch.zone.length);
function recordsOf(scratch: Scratch, name: number): readonly number[] {
  const records: number[] = [];
  for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) if (scratch.type(record) !== 0) records.push(record);
  return records;
}
function dataOf(scratch: Scratch, record: number): Uint8Array {
  const at = scratch.dataAt(record);
  return scratch.bytes.slice(at, at + scratch.size(record));
}

/**
 * Looks at the digests that the zone has (RFC 8976 section 4): one that is right is enough. Throws ZoneError where there are some that can
 * be read and none is, where a signed zone has them without a signature that holds at `now` (seconds since 1970), and, where `isRequired`,
 * where there is none that can be read.
 */
export function checkDigest(scratch: Scratch, isRequired: boolean, now: number): void {
  const all = apexData(scratch, ZONEMD);
  if (all.length === 0) {
    if (isRequired) throw new ZoneError(`${nameOf(scratch)} has no ZONEMD record, and one is required`);
    return;
  }
  checkSignature(scratch, all, now);
  const kindOf = (data: Uint8Array): number => u16(data, 4);
  const known = all.filter((data) => data[4] === SIMPLE && LENGTHS[data[5]!] === data.length - 6
    && all.filter((other) => kindOf(other) === kindOf(data)).length === 1);
  if (known.length === 0) {
    if (isRequired) throw new ZoneError(`none of the ZONEMD records of ${nameOf(scratch)} is of a known kind, and one is required`);
    return;
  }
  const { serial } = scratch;
  const current = known.filter((data) => u32(data, 0) === serial);
  if (current.length === 0) {
    throw new ZoneError(`the ZONEMD record of ${nameOf(scratch)} is of serial ${u32(known[0]!, 0)}, and the zone has ${serial}`);
  }
  if (current.some((data) => Buffer.compare(data.subarray(6), digestOf(scratch, data[5]!)) === 0)) return;
  throw new ZoneError(`the digest of ${nameOf(scratch)} is not the one in its ZONEMD record: records are missing, new or changed`);
}

/** Gives the zone a digest of its own in place of those that it has. Throws ZoneError where it is signed: that is for the signer to do. */
export function makeDigest(scratch: Scratch): void {
  const apex = apexOf(scratch);
  if (apexData(scratch, RRSIG).length > 0) throw new ZoneError(`${nameOf(scratch)} is signed: its ZONEMD record has to be signed with it`);
  let ttl = 0;
  for (const record of recordsOf(scratch, apex)) {
    if (scratch.type(record) === SOA) ttl = scratch.ttl(record);
    if (scratch.type(record) === ZONEMD) scratch.remove(apex, record);
  }
  const data = zoneDigestData(scratch.serial, ZONE_SHA384, digestOf(scratch, ZONE_SHA384));
  scratch.add(apex, ZONEMD, ttl, data, data.length);
}

/** In a signed zone digests are worth as much as their signature, which a key of the zone has made. */
function checkSignature(scratch: Scratch, digests: readonly Uint8Array[], now: number): void {
  const keys = apexData(scratch, DNSKEY).map((data) => new VerifyingKey(data));
  if (keys.length === 0) return;
  const signatures = apexData(scratch, RRSIG).filter((data) => u16(data, 0) === ZONEMD);
  const ttl = scratch.ttl(recordsOf(scratch, apexOf(scratch)).find((record) => scratch.type(record) === ZONEMD)!);
  const set: RRset = { owner: scratch.zone, type: ZONEMD, class: CLASS.IN, ttl, data: digests };
  const verdicts = signatures.flatMap((signature) => keys.map((key) => key.verify(set, signature, now)));
  if (verdicts.includes('valid')) return;
  const why = verdicts.find((verdict) => verdict !== 'other key') ?? 'there is none';
  throw new ZoneError(`${nameOf(scratch)} is signed, and no signature of its ZONEMD record holds: ${why}`);
}

function digestOf(scratch: Scratch, hash: number): Uint8Array {
  const digest = new ZoneDigest(scratch.zone, hash);
  const names = scratch.list();
  sortNames(names, scratch);
  for (const name of names) for (const set of setsOf(scratch, name)) digest.add(set);
  return digest.digest();
}
/** The sets of a name, types by number; records of other times to live are other ones. */
function setsOf(scratch: Scratch, name: number): readonly RRset[] {
  const owner = new Uint8Array(scratch.keyLength(name) + 1 + scratch.zone.length);
  const labels = writeWire(scratch.bytes, scratch.keyAt(name), scratch.keyLength(name), owner, 0);
  owner.set(scratch.zone, labels);
  const whole = owner.subarray(0, labels + scratch.zone.length);
  const sets = new Map<number, { readonly owner: Uint8Array; readonly type: number; class: number; ttl: number; data: Uint8Array[] }>();
  for (const record of recordsOf(scratch, name)) {
    const type = scratch.type(record);
    const ttl = scratch.ttl(record);
    const key = type * 2 ** 32 + ttl;
    const set = sets.get(key);
    if (set === undefined) sets.set(key, { owner: whole, type, class: CLASS.IN, ttl, data: [dataOf(scratch, record)] });
    else set.data.push(dataOf(scratch, record));
  }
  return [...sets.values()].sort((one, other) => one.type - other.type);
}
