// What a registry tells whoever follows one of its zones: keys of that zone and what is under them, as the data of events. Knows their
// form; knows no connection and no store.
import type { KeyEvent, Pair } from '../../../key-value/key-value.ts';
import { faultOf } from '../schema.ts';
import type { Schema } from '../schema.ts';

/** One key of a zone: '' is the zone's own. */
export interface ToldKey {
  readonly key: string;
  /** The message that is under it; undefined: it is gone. */
  readonly value?: string;
}
/** Keys that are told together. */
export interface ToldKeys {
  readonly keys: readonly ToldKey[];
  /** More of the same list comes. */
  readonly more?: boolean;
}
/** What is told: keys that are others now, all keys in one or more parts, or that nothing is another since what the reader has. */
export type Telling = 'changed' | 'all' | 'since';

const FORM: Schema = {
  type: 'object', required: ['keys'],
  properties: {
    more: { type: 'boolean' },
    keys: {
      type: 'array',
      items: { type: 'object', required: ['key'], properties: { key: { type: 'string', maxLength: 2048 }, value: { type: 'string' } } },
    },
  },
};

/** Reads the data of an event. Throws Error with what is wrong. */
export function readTold(data: string): ToldKeys {
  let said: unknown;
  try {
    said = JSON.parse(data);
  } catch {
    throw new Error('it told what is no JSON');
  }
  const fault = faultOf(said, FORM);
  if (fault !== undefined) throw new Error(`it told what cannot be read: ${fault.field}: ${fault.wrong}`);
  const told = said as ToldKeys;
  // Keys are octets (key-value.ts).
  const wrong = told.keys.find(({ key }) => /[^\0-\xff]/.test(key));
  if (wrong !== undefined) throw new Error('it told of a key that cannot be one');
  return told;
}

/** The keys of a zone whose own one is `zone`: from it on, and before what comes behind all below it. */
export const keysOf = (zone: string): readonly [from: string, end: string] => [zone, `${zone}0`];
/** Such a key as it is told; undefined: it is not of the zone. */
export function relative(zone: string, key: string): string | undefined {
  if (key === zone) return '';
  return key.startsWith(`${zone}/`) ? key.slice(zone.length + 1) : undefined;
}
/** A key that was told, as it is kept. */
export const absolute = (zone: string, key: string): string => (key === '' ? zone : `${zone}/${key}`);

/** Whether a message says no TTL, so that its lease's is its own (ETCD-6). */
export function lacksTtl({ value, lease }: Pair): boolean {
  if (lease === 0n) return false;
  const message = objectOf(value);
  return message !== undefined && !(Number(message['ttl']) > 0);
}
/** A message as it is told; whoever follows knows no leases, so that the seconds of one stand in it. */
export function messageOf(pair: Pair, seconds: number): string {
  if (!lacksTtl(pair)) return pair.value.toString();
  return JSON.stringify({ ...objectOf(pair.value), ttl: Math.max(1, seconds) });
}
function objectOf(value: Buffer): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(value.toString());
    return typeof said === 'object' && said !== null && !Array.isArray(said) ? said as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
/** Whatever has a key. */
export type Keyed = Pick<KeyEvent, 'key' | 'pair'>;
