// Records as zone text in canonical form: one a line, names whole, in the order of RFC 4034 section 6, the SOA first. Knows records,
// nothing of files.

import type { Name } from '../dns/name.ts';
import { printRdata } from '../dns/rr.ts';
import { TYPE, typeName } from '../dns/type-name.ts';
import type { ListedRecord } from './record-list.ts';

const PIECE = 1 << 16;

/**
 * A name as text whose order is that of RFC 4034 section 6.1: labels from the right, folded, each ended by 0; in them 0 is written `1 1`
 * and 1 is `1 2`.
 */
export function orderKey(name: Name): string {
  let key = '';
  for (let { key: raw } = name, at = 0; at < raw.length - 1; at += 1 + raw.charCodeAt(at)) {
    const label = raw.slice(at + 1, at + 1 + raw.charCodeAt(at));
    key = `${label.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01')}\0${key}`;
  }
  return key;
}

/** Below 0 where the first octets come before: as unsigned octets, absence before all (RFC 4034 section 6.3). */
function compareData(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

/** The records in canonical order, the SOA first of its name; what stands twice is there once, with the TTL that was read first. */
export function inOrder(records: readonly ListedRecord[]): ListedRecord[] {
  const keys = new Map<Name, string>();
  const keyOf = (name: Name): string => {
    let key = keys.get(name);
    if (key === undefined) keys.set(name, (key = orderKey(name)));
    return key;
  };
  const rank = (type: number): number => (type === TYPE.SOA ? -1 : type);
  const sorted = records.map((record) => ({ record, key: keyOf(record.name) }));
  sorted.sort((a, b) => (a.key === b.key
    ? rank(a.record.type) - rank(b.record.type) || compareData(a.record.rdata, b.record.rdata)
    : a.key < b.key ? -1 : 1));
  return sorted.filter((one, i) => i === 0 || !same(one, sorted[i - 1] as typeof one)).map(({ record }) => record);
}

function same(a: { record: ListedRecord; key: string }, b: { record: ListedRecord; key: string }): boolean {
  return a.key === b.key && a.record.type === b.record.type && compareData(a.record.rdata, b.record.rdata) === 0;
}

/** A record as a line of zone text, without the line's end. */
export function printRecord({ name, ttl, type, rdata }: ListedRecord): string {
  return `${name.text.toLowerCase()}\t${ttl}\tIN\t${typeName(type)}\t${printRdata(type, rdata)}`;
}

/** Records as zone text, in the order in which they are handed in, in pieces of some 64 KB. */
export function* printZone(records: readonly ListedRecord[]): Generator<string> {
  let text = '';
  for (const record of records) {
    text += `${printRecord(record)}\n`;
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
