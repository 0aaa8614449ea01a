// What one zone has and another has not, as lines and as a script for nsupdate. Knows records in canonical order; reads no file.
import type { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { orderKey, printRecord } from '../zonefile/print.ts';
import type { ListedRecord } from '../zonefile/record-list.ts';

type Change = readonly [sign: '-' | '+', record: ListedRecord];

/** Records that are gone and records that are new, in canonical order. A record with another time to live is both. */
function* changes(old: readonly ListedRecord[], fresh: readonly ListedRecord[]): Generator<Change> {
  for (let i = 0, j = 0; i < old.length || j < fresh.length; ) {
    const order = i === old.length ? 1 : j === fresh.length ? -1 : compare(old[i]!, fresh[j]!);
    if (order === 0) {
      if (old[i]!.ttl !== fresh[j]!.ttl) {
        yield ['-', old[i]!];
        yield ['+', fresh[j]!];
      }
      i++;
      j++;
    } else if (order < 0) yield ['-', old[i++]!];
    else yield ['+', fresh[j++]!];
  }
}

function compare(a: ListedRecord, b: ListedRecord): number {
  if (a.name.key !== b.name.key) return orderKey(a.name) < orderKey(b.name) ? -1 : 1;
  const rank = (type: number): number => (type === TYPE.SOA ? -1 : type);
  return rank(a.type) - rank(b.type) || Buffer.compare(a.rdata, b.rdata);
}

/** A line for each record that is gone (`-`) or new (`+`). */
export function* printDifference(old: readonly ListedRecord[], fresh: readonly ListedRecord[]): Generator<string> {
  for (const [sign, record] of changes(old, fresh)) yield `${sign} ${printRecord(record)}\n`;
}

/**
 * The difference as an IXFR gives it (RFC 1995 section 4): the new SOA, the old one, what is gone, the new one, what is new, the new one.
 * Nothing where only what is no record differs; of zones without SOA what they have.
 */
export function* printTransfer(old: readonly ListedRecord[], fresh: readonly ListedRecord[]): Generator<string> {
  const all = [...changes(old, fresh)];
  if (all.length === 0) return;
  const soaOf = (records: readonly ListedRecord[]): string =>
    records.filter(({ type }) => type === TYPE.SOA).map((record) => `${printRecord(record)}\n`).join('');
  const plain = (wanted: '-' | '+'): string =>
    all.filter(([sign, { type }]) => sign === wanted && type !== TYPE.SOA).map(([, record]) => `${printRecord(record)}\n`).join('');
  yield soaOf(fresh) + soaOf(old) + plain('-') + soaOf(fresh) + plain('+') + soaOf(fresh);
}

/**
 * A script for nsupdate (RFC 2136) that makes one zone of the other: it holds only where the server has the old serial. The new SOA
 * comes last, so that what was changed is published under it. DNSSEC's own records are the server's and left out.
 */
export function* printUpdate(zone: Name, old: readonly ListedRecord[], fresh: readonly ListedRecord[]): Generator<string> {
  const own = new Set<number>([TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.NSEC3PARAM]);
  const all = [...changes(old, fresh)].filter(([, { type }]) => !own.has(type));
  if (all.length === 0) return;
  yield `zone ${zone.text}\n`;
  const soa = old.find(({ type }) => type === TYPE.SOA);
  if (soa !== undefined) yield `prereq yxrrset ${line({ ...soa, ttl: 0 }).replace(/^(\S+) 0 /, '$1 ')}\n`;
  // The last NS of a zone cannot be deleted (RFC 2136 section 3.4.2.4): new ones come first.
  const server = ({ name, type }: ListedRecord): boolean => type === TYPE.NS && name.equals(zone);
  for (const [sign, record] of all) if (sign === '+' && server(record)) yield `update add ${line(record)}\n`;
  for (const [sign, record] of all) {
    if (sign === '-' && record.type !== TYPE.SOA) yield `update delete ${line(record).replace(/^(\S+) \d+ /, '$1 ')}\n`;
  }
  for (const [sign, record] of all) if (sign === '+' && record.type !== TYPE.SOA && !server(record)) yield `update add ${line(record)}\n`;
  for (const [sign, record] of all) if (sign === '+' && record.type === TYPE.SOA) yield `update add ${line(record)}\n`;
  yield 'send\n';
}

const line = (record: ListedRecord): string => printRecord(record).replaceAll('\t', ' ');
