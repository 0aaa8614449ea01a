// What a catalog says of its members (RFC 9432, section 4): a record for each, under an id, and records of its properties. Knows records;
// knows neither where members come from nor who serves this.
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import type { Name } from '../../dns/name.ts';
import { setU32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { cryptography } from '../../secure/node.ts';

/** A record: its owner's labels before the catalog's name, a character an octet. */
export interface ListedRecord {
  readonly owner: string;
  readonly type: number;
  readonly data: Uint8Array;
}
/** What a member has beside its name. Those with the same text have the same. */
export interface Properties {
  readonly text: string;
  /** The groups (section 4.3.2), a character an octet. */
  readonly groups: readonly string[];
  /** The catalog to which it passes over (section 4.3.1). */
  readonly owner: Name | undefined;
}
/** Members by their lower-case wire names. */
export type Listing = ReadonlyMap<string, Properties>;

/** Seconds: how long resolvers keep any of it (section 4.1: nothing depends on it), and the timers of the SOA. */
export const TTL = 0;
const REFRESH = 3600, RETRY = 600, EXPIRE = 2_147_483_646;
/** Octets of a name's hash that its id has. */
const ID_OCTETS = 16;
const INVALID = '\x07invalid\0';

/**
 * The id of a member: a hash of its name, so that it is the same after a restart, in another process, and in the catalog that the member
 * passes over to, where it keeps what it has.
 */
export function idOf(member: string): string {
  return cryptography().createHash('sha256').update(member, 'latin1').digest('hex').slice(0, 2 * ID_OCTETS);
}
/** The records of a member. */
export function recordsOfMember(member: string, { groups, owner }: Properties): readonly ListedRecord[] {
  const id = idOf(member);
  const under = `${String.fromCharCode(id.length)}${id}\x05zones`;
  return [
    { owner: under, type: TYPE.PTR, data: latin1Bytes(member) },
    ...groups.map((group) => ({ owner: `\x05group${under}`, type: TYPE.TXT, data: textData(group) })),
    ...(owner === undefined ? [] : [{ owner: `\x03coo${under}`, type: TYPE.PTR, data: latin1Bytes(owner.key) }]),
  ];
}
/** What every catalog has beside its SOA (sections 4.1 and 4.2.1). */
export const FRAME: readonly ListedRecord[] = [
  { owner: '', type: TYPE.NS, data: latin1Bytes(INVALID) }, { owner: '\x07version', type: TYPE.TXT, data: textData('2') },
];
/** The SOA. */
export function soaOf(serial: number): ListedRecord {
  const names = `${INVALID}${INVALID}`;
  const data = new Uint8Array(names.length + 20);
  data.set(latin1Bytes(names));
  [serial, REFRESH, RETRY, EXPIRE, TTL].forEach((value, i) => setU32(data, names.length + 4 * i, value));
  return { owner: '', type: TYPE.SOA, data };
}
/** A text for the whole listing: the same for the same, in whichever order it came. */
export function digestOf(listing: Listing): string {
  const hash = cryptography().createHash('sha256');
  for (const key of [...listing.keys()].sort()) hash.update(`${key.length} ${key} ${listing.get(key)!.text}\n`, 'latin1');
  return hash.digest('hex');
}

function textData(text: string): Uint8Array {
  return latin1Bytes(`${String.fromCharCode(text.length)}${text}`);
}
/** A text of a Corefile as octets, a character for each. */
export function octetsOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return latin1(bytes, 0, bytes.length);
}
