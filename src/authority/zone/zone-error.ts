// Why records are no zone, in words that name the place. Knows keys of names.
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { writeWire } from './name-key.ts';

/** Records that make no zone that could be served. */
export class ZoneError extends Error {}

/** The name of a key as text, in lower case. */
export function printKey(bytes: Uint8Array, at: number, length: number, zone: Uint8Array): string {
  const wire = new Uint8Array(length + zone.length + 1);
  const labels = writeWire(bytes, at, length, wire, 0);
  return Name.wire(latin1(wire, 0, labels) + latin1(zone, 0, zone.length)).toString();
}
