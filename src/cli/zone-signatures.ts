// What is doubtful in the signatures and keys of a zone. Knows times and algorithms as they stand in records; verifies nothing.
import { DNSKEY, RRSIG } from '../dns/index.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { u16 } from '../dns/packet.ts';
import { digestLength, setHas } from '../dnssec/delegation.ts';
import { algorithmNumber, keyTag } from '../dnssec/dnskey.ts';
import { TYPE, typeName } from '../dns/type-name.ts';
import type { Say, ZoneNames } from './zone-findings.ts';

/** How long before their end signatures are told of, in seconds. */
const SOON = 3 * 86_400;

/** Seconds since 1970 of a time of 32 bits, which is within 68 years of `now` (RFC 4034 section 3.1.5). */
function timeOf(value: number, now: number): number {
  return now + ((value - now) | 0);
}

const printed = (time: number): string => new Date(time * 1000).toISOString().slice(0, 16).replace('T', ' ');

/** What the zone says, or has of its parent, of its own keys: what no DNSKEY fits makes it bogus, or will. */
function doubtsOfDelegation(names: ZoneNames, say: Say): void {
  const { apex } = names;
  const keys = names.set(apex, TYPE.DNSKEY);
  const owner = latin1Bytes(apex.key);
  for (const type of [TYPE.DS, TYPE.CDS, TYPE.CDNSKEY]) {
    for (const record of names.set(apex, type)) {
      const { rdata } = record;
      // Algorithm 0 asks for an unsigned zone (RFC 8078 section 4).
      if ((type === TYPE.CDNSKEY ? rdata[3] : rdata[2]) === 0) continue;
      const tag = type === TYPE.CDNSKEY ? keyTag(rdata) : u16(rdata, 0);
      const isOf = (key: Uint8Array): boolean => (type === TYPE.CDNSKEY ? Buffer.compare(key, rdata) === 0
        : digestLength(rdata[3]!) === undefined ? keyTag(key) === tag && algorithmNumber(key) === rdata[2] : setHas([rdata], owner, key));
      if (keys.some((key) => isOf(key.rdata))) continue;
      const what = keys.some((key) => keyTag(key.rdata) === tag) ? 'is not that of the DNSKEY' : 'has no DNSKEY';
      say('error', `${apex.text} ${typeName(type)} ${tag} ${what}`, record);
    }
  }
}

/** Says which signatures have ended or soon will, which sets have none in a signed zone, and which DS, CDS and CDNSKEY have no key. */
export function doubtsOfSignatures(names: ZoneNames, now: number, say: Say): void {
  const keys = names.set(names.apex, TYPE.DNSKEY).map(({ rdata }) => ({ tag: keyTag(rdata), algorithm: DNSKEY.values(rdata).algorithm }));
  doubtsOfDelegation(names, say);
  for (const { name, sets } of names.nodes.values()) {
    const covered = new Set<number>();
    for (const record of sets.get(TYPE.RRSIG) ?? []) {
      const { covered: type, expiration, inception, keyTag: tag, signer } = RRSIG.values(record.rdata);
      covered.add(type);
      const what = `the signature of ${name.text} ${typeName(type)}`;
      const end = timeOf(expiration, now);
      const begin = timeOf(inception, now);
      if (end < now) say('error', `${what} ended at ${printed(end)}`, record);
      else if (end - now < SOON) say('warning', `${what} ends at ${printed(end)}`, record);
      if (begin > now) say('error', `${what} begins at ${printed(begin)}`, record);
      if (!signer.equals(names.apex)) say('error', `${what} is by ${signer.text}, not by the zone`, record);
      else if (!keys.some((key) => key.tag === tag)) say('warning', `${what} is by key ${tag}, which has no DNSKEY`, record);
      if (!sets.has(type)) say('warning', `${what} covers nothing`, record);
    }
    if (keys.length === 0) continue;
    const cut = names.cutOf(name);
    for (const [type, [first]] of sets) {
      if (type === TYPE.RRSIG || covered.has(type) || (cut !== undefined && (cut.name.key !== name.key || type !== TYPE.DS))) continue;
      say('error', `${name.text} ${typeName(type)} has no signature, and the zone has keys`, first);
    }
  }
}
