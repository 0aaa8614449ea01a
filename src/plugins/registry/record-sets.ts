// A set of records of one name and type as the API has it, and as messages of SkyDNS below its name's key. Knows both forms and the text of
// records; knows no store and no HTTP.
import type { Name } from '../../dns/name.ts';
import { parseRR, printRdata } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { typeByName, typeName } from '../../dns/type-name.ts';
import type { Operation, Pair } from '../../key-value/key-value.ts';
import { faultOf } from './schema.ts';
import type { Schema } from './schema.ts';

/** What somebody says of a set. */
export interface SetSpec {
  readonly ttl: number;
  /** The data of each as zone text has it. */
  readonly records: readonly string[];
}
/** What is kept of it under `coredns` in its first message. */
export interface KeptSet {
  readonly set: SetSpec & { readonly type: string };
  readonly owner: string;
  /** Seconds of its lease, where an UPDATE asked for one. */
  readonly lease?: number;
}
/** A set that is there. */
export interface RecordSet extends KeptSet {
  readonly revision: bigint;
  readonly keys: readonly string[];
}

const RECORDS: Schema = {
  type: 'array', minItems: 1, maxItems: 100, items: { type: 'string', maxLength: 4096, pattern: '^[^\\r\\n]+$' },
};
const TTL: Schema = { type: 'integer', minimum: 0, maximum: 2_147_483_647, description: 'seconds' };
/** The body of a PUT. */
export const RECORD_SET: Schema = {
  type: 'object', required: ['ttl', 'records'], properties: { ttl: TTL, records: RECORDS }, additionalProperties: false,
};
/** The body of a PATCH. */
export const RECORD_SET_PATCH: Schema = {
  type: 'object', properties: { ttl: TTL, add: RECORDS, remove: RECORDS }, additionalProperties: false,
};
/** What is answered. */
export const RECORD_SET_VIEW: Schema = {
  type: 'object', required: ['name', 'type', 'ttl', 'records', 'revision', 'owner'], additionalProperties: false,
  properties: {
    name: { type: 'string' }, type: { type: 'string' }, ttl: TTL, records: RECORDS, revision: { type: 'integer' },
    owner: { type: 'string' },
  },
};
const KEPT: Schema = {
  type: 'object', required: ['set', 'owner'],
  properties: {
    owner: { type: 'string' }, lease: { type: 'integer', minimum: 0 },
    set: { type: 'object', required: ['type', 'ttl', 'records'], properties: { type: { type: 'string' }, ttl: TTL, records: RECORDS } },
  },
};
/** Types that nobody registers: of zones, signatures and messages. */
const REFUSED: ReadonlySet<string> = new Set(['SOA', 'NS', 'DS', 'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'DNSKEY', 'OPT', 'TSIG', 'TKEY',
  'ANY', 'AXFR', 'IXFR', 'DNAME']);

/** The type of a set by its name; undefined where there is no such type, or none that is registered. */
export function setType(text: string): string | undefined {
  const type = typeByName(text);
  const name = type === undefined ? undefined : typeName(type);
  return name === undefined || REFUSED.has(name) ? undefined : name;
}
/** The key of a set: below the name's, with a label that no instance has. Parts with leases of their own have `~` and more behind it. */
export const setKeyOf = (key: string, type: string): string => `${key}/-${type.toLowerCase()}`;

/** The records of a set. Throws RRError or NameError, the number of the wrong one in `at`. */
export function recordsOf(name: Name, { type, ttl, records }: KeptSet['set'], wrong: (at: number, error: Error) => never): readonly RR[] {
  return records.map((data, i) => {
    try {
      const record = parseRR(`${name.text} ${ttl} IN ${type} ${data}`);
      if (record === undefined || record.rdata.length === 0 || typeName(record.type) !== type) throw new Error('there is no data');
      return record;
    } catch (error) {
      return wrong(i, error as Error);
    }
  });
}
/** The set as it is kept: each record once, as it is printed. */
export function setOf(records: readonly RR[], { type, ttl }: Pick<KeptSet['set'], 'type' | 'ttl'>): KeptSet['set'] {
  return { type, ttl, records: [...new Set(records.map(({ type: number, rdata }) => printRdata(number, rdata)))] };
}

/** The messages of a set by their keys: what SkyDNS knows it says, the rest is under `coredns` alone. */
function messagesOf(key: string, kept: KeptSet): readonly (readonly [key: string, value: string])[] {
  const { set: { type, ttl, records } } = kept;
  const told = records.map((data) => messageOf(type, data));
  const known = told.every((each) => each !== undefined) ? told : [{}];
  return known.map((each, i) =>
    [i === 0 ? key : `${key}-${i + 1}`, JSON.stringify({ ...each, ttl, targetstrip: 1, ...i === 0 ? { coredns: kept } : {} })]);
}
function messageOf(type: string, data: string): object | undefined {
  if (type === 'A' || type === 'AAAA' || type === 'CNAME') return { host: data };
  // A text in one piece, without escapes.
  const [, text] = type === 'TXT' ? /^"([ !#-[\]-~]{1,255})"$/.exec(data) ?? [] : [];
  return text === undefined ? undefined : { text };
}
/** The keys that a set has. */
export const keysOf = (key: string, kept: KeptSet): readonly string[] => messagesOf(key, kept).map(([each]) => each);
/** What makes the set what it shall be; undefined: it shall be gone. */
export function setOperations(
  key: string, kept: KeptSet | undefined, before: Pick<RecordSet, 'keys'> | undefined, lease = 0n,
): readonly Operation[] {
  const messages = kept === undefined ? [] : messagesOf(key, kept);
  const stay = new Set(messages.map(([each]) => each));
  return [
    ...messages.map(([put, value]) => ({ put, value: Buffer.from(value), lease })),
    ...(before?.keys ?? []).filter((each) => !stay.has(each)).map((each) => ({ delete: each })),
  ];
}

/** Reads what a key says of a set under `coredns`; undefined where that is none of ours. */
export function readKeptSet(coredns: unknown): KeptSet | undefined {
  return faultOf(coredns, KEPT) === undefined ? coredns as KeptSet : undefined;
}
/** The set of a pair; undefined where there is none. */
export function readSet(pair: Pair | undefined): RecordSet | undefined {
  if (pair === undefined) return undefined;
  try {
    const kept = readKeptSet((JSON.parse(pair.value.toString()) as { readonly coredns?: unknown } | null)?.coredns);
    return kept === undefined ? undefined
      : { ...kept, revision: pair.revision, keys: keysOf(pair.key, kept) };
  } catch {
    return undefined;
  }
}
/** A set as it is told. */
export const setView = (name: Name, { set, owner, revision }: RecordSet): object =>
  ({ name: name.text, ...set, revision: Number(revision), owner });
