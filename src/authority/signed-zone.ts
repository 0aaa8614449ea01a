// A zone's records with keys, the chain that denies and signatures (RFC 4035 section 2): what *sign* writes to a file. Knows records in
// canonical order and keys; knows nothing of files or of when to sign.
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { SOA } from '../dns/types.ts';
import { NSEC, RRSIG } from '../dns/types-security.ts';
import { TYPE } from '../dns/type-name.ts';
import { SHA1, SHA256, delegationData } from '../dnssec/delegation.ts';
import { HASH_LENGTH, hashName } from '../dnssec/hashed-name.ts';
import type { SigningKey, Validity } from '../dnssec/signing-key.ts';
import { inOrder } from '../zonefile/print.ts';
import type { ListedRecord } from '../zonefile/record-list.ts';
import { ITERATIONS, SALT, nsec3Data, nsec3ParamData, sortHashes, writeHashOwner } from './signing/chain.ts';
import type { Chain } from './signing/chain.ts';

/** A zone that cannot be signed, and why. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
}

/** What is made anew, so that what stands in the input goes; a digest of the whole would be another one. */
const REPLACED: ReadonlySet<number> = new Set([
  TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.NSEC3PARAM, TYPE.DNSKEY, TYPE.CDS, TYPE.CDNSKEY, TYPE.ZONEMD,
]);
/** What the parent has at a delegation (RFC 4035 section 2.2); all else there is the child's. */
const AT_CUT: ReadonlySet<number> = new Set([TYPE.DS, TYPE.NSEC]);
/** Signatures that are made between two turns of the event loop, and in other threads at a time. */
const TOGETHER = 16;

/** How a zone is signed. */
export interface Signing extends Validity {
  /** Each of the zone, with the secure entry point set; all of them sign everything. */
  readonly keys: readonly SigningKey[];
  /** The SOA's serial number. */
  readonly serial: number;
  /** How it denies; by NSEC where nothing is said. */
  readonly chain?: Chain;
  /** Hears, name by name, how many names and records have been signed, and of how many names. */
  readonly told?: (records: number, names: number, all: number) => void;
}

/** A record set in the making. */
interface OwnedSet {
  readonly name: Name;
  readonly type: number;
  ttl: number;
  readonly data: Uint8Array[];
}

/**
 * The records of the zone as they are signed, in canonical order. Throws SigningError where there is no SOA or no key, or a key is of
 * another zone.
 */
export async function signZone(records: readonly ListedRecord[], zone: Name, signing: Signing): Promise<ListedRecord[]> {
  const { keys, serial, chain = 'nsec' } = signing;
  if (keys.length === 0) throw new SigningError('there is no key');
  const foreign = keys.find(({ owner }) => !owner.equals(zone));
  if (foreign !== undefined) throw new SigningError(`key ${foreign.owner} (keyid: ${foreign.tag}) is of another zone`);
  const kept = records.filter(({ type, name }) => !REPLACED.has(type) && name.isUnder(zone));
  const soa = kept.find(({ type, name }) => type === TYPE.SOA && name.equals(zone));
  if (soa === undefined) throw new SigningError(`there is no SOA record of ${zone}`);
  const values = SOA.values(soa.rdata);
  const plain = [
    { ...soa, rdata: SOA.rdata({ ...values, serial }) }, ...kept.filter(({ type }) => type !== TYPE.SOA),
    ...keyRecords(zone, soa.ttl, keys),
    ...(chain === 'nsec' ? [] : [{ name: zone, type: TYPE.NSEC3PARAM, ttl: 0, rdata: nsec3ParamData() }]),
  ];
  // A denial lives no longer than what is denied may be believed to be missing (RFC 9077).
  const ttl = Math.min(soa.ttl, values.minimum);
  const owners = ownersOf(setsOf(inOrder(plain)), zone);
  return withSignatures(chain === 'nsec' ? withNames(owners, ttl) : withHashes(owners, zone, ttl, chain), zone, signing);
}

/** The keys, and what the parent is asked to have of them (RFC 7344). */
function keyRecords(zone: Name, ttl: number, keys: readonly SigningKey[]): ListedRecord[] {
  return keys.flatMap(({ data, signer }) => [
    { name: zone, type: TYPE.DNSKEY, ttl, rdata: data },
    ...[SHA1, SHA256].map((kind) => ({ name: zone, type: TYPE.CDS, ttl, rdata: delegationData(signer, data, kind) })),
    { name: zone, type: TYPE.CDNSKEY, ttl, rdata: data },
  ]);
}

/** Records as sets. The TTL of a set is the least of its records' (RFC 2181 section 5.2). */
function setsOf(records: readonly ListedRecord[]): OwnedSet[] {
  const sets: OwnedSet[] = [];
  for (const { name, type, ttl, rdata } of records) {
    const last = sets.at(-1);
    if (last?.type === type && last.name.equals(name)) {
      last.data.push(rdata);
      last.ttl = Math.min(last.ttl, ttl);
    } else sets.push({ name, type, ttl, data: [rdata] });
  }
  return sets;
}

/** The sets of one name. */
interface Owner {
  readonly name: Name;
  readonly sets: OwnedSet[];
  /** Whether it is a delegation, or is below one or below a DNAME, so that it is nothing of this zone's. */
  readonly cut: boolean;
  readonly below: boolean;
}

/** The owners of the sets, in their order. */
function ownersOf(sets: readonly OwnedSet[], zone: Name): Owner[] {
  const owners: Owner[] = [];
  /** The last delegation or DNAME: what is below stands right behind it. */
  let end: Name | undefined;
  for (let i = 0; i < sets.length;) {
    const { name } = sets[i]!;
    const here: OwnedSet[] = [];
    while (i < sets.length && sets[i]!.name.equals(name)) here.push(sets[i++]!);
    const below = end !== undefined && name.isUnder(end);
    const cut = !below && !name.equals(zone) && here.some(({ type }) => type === TYPE.NS);
    if (cut || (!below && here.some(({ type }) => type === TYPE.DNAME))) end = name;
    owners.push({ name, sets: here, cut, below });
  }
  return owners;
}
/** With the NSEC of each that is this zone's. */
function withNames(owners: Owner[], ttl: number): Owner[] {
  const own = owners.filter(({ below }) => !below);
  own.forEach(({ name, sets: here, cut }, i) => {
    const types = here.map(({ type }) => type).filter((type) => !cut || type === TYPE.NS || AT_CUT.has(type));
    const next = own[(i + 1) % own.length]!.name.folded;
    here.push({ name, type: TYPE.NSEC, ttl, data: [NSEC.rdata({ next, types: [...types, TYPE.RRSIG, TYPE.NSEC] })] });
  });
  return owners;
}

/** With an NSEC3 for the hash of each that is proven, and of what is empty above these (RFC 5155 section 7.1). */
function withHashes(owners: readonly Owner[], zone: Name, ttl: number, chain: Chain): Owner[] {
  const proven = new Map<string, { readonly name: Name; readonly types: readonly number[]; readonly cut: boolean }>();
  for (const { name, sets, cut, below } of owners) {
    const types = sets.map(({ type }) => type);
    if (below || (chain === 'opt-out' && cut && !types.includes(TYPE.DS))) continue;
    proven.set(name.key, { name, types, cut });
    for (let above = parentOf(name); !name.equals(zone) && !above.equals(zone) && !proven.has(above.key); above = parentOf(above)) {
      proven.set(above.key, { name: above, types: [], cut: false });
    }
  }
  const all = [...proven.values()];
  const hashes = new Uint8Array(all.length * HASH_LENGTH);
  all.forEach(({ name }, i) => hashName(name.octets, 0, SALT, ITERATIONS, hashes, i * HASH_LENGTH));
  const order = sortHashes(hashes, all.length);
  const owner = new Uint8Array(256);
  return [...owners, ...[...order].map((i, k): Owner => {
    const { types, cut } = all[i]!;
    const length = writeHashOwner(hashes, i * HASH_LENGTH, zone.octets, owner);
    const name = Name.wire(latin1(owner, 0, length));
    const data = nsec3Data(hashes, order[(k + 1) % order.length]! * HASH_LENGTH, types, cut, chain);
    return { name, sets: [{ name, type: TYPE.NSEC3, ttl, data: [data] }], cut: false, below: false };
  })];
}
const parentOf = (name: Name): Name => Name.wire(name.raw.slice(name.raw.charCodeAt(0) + 1));

async function withSignatures(owners: readonly Owner[], zone: Name, signing: Signing): Promise<ListedRecord[]> {
  const all: ListedRecord[] = [];
  let signed = 0;
  for (let i = 0; i < owners.length; i += TOGETHER) {
    const some = owners.slice(i, i + TOGETHER);
    const made = await Promise.all(some.map((owner) => signatures(owner, signing)));
    some.forEach(({ name, sets }, k) => {
      const records = sets.flatMap(({ type, ttl, data }) => data.map((rdata) => ({ name, type, ttl, rdata })));
      // The SOA and its signature first: whoever looks at the age of a file finds them at its beginning.
      const [first, ...rest] = [...records, ...made[k]!].sort((a, b) => rank(a, zone) - rank(b, zone));
      all.push(first!, ...rest);
      signing.told?.(signed += records.length, i + k + 1, owners.length);
    });
  }
  return all;
}
/** The order within a name: the apex's SOA, its signature, and all else by type. */
function rank({ type, name, rdata }: ListedRecord, zone: Name): number {
  if (!name.equals(zone)) return type;
  if (type === TYPE.SOA) return -2;
  return type === TYPE.RRSIG && ((rdata[0]! << 8) | rdata[1]!) === TYPE.SOA ? -1 : type;
}

async function signatures({ name, sets, cut, below }: Owner, { keys, inception, expiration }: Signing): Promise<ListedRecord[]> {
  if (below) return [];
  const made: ListedRecord[] = [];
  for (const { type, ttl, data } of sets) {
    if (cut && !AT_CUT.has(type)) continue;
    const set = { owner: name.octets, type, class: 1, ttl, data };
    for (const key of keys) made.push({ name, type: RRSIG.type, ttl, rdata: await key.signSetElsewhere(set, { inception, expiration }) });
  }
  return made;
}
