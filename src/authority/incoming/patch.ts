// What differences take from a zone and add to it, step after step, as one (RFC 1995 section 4). Knows records as octets; knows no zone.
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { foldData } from './wire-names.ts';

/** A record that goes or comes. */
export interface Patched {
  readonly owner: Uint8Array;
  readonly type: number;
  readonly ttl: number;
  readonly data: Uint8Array;
}

/** Differences between what we have and what we shall have. */
export class Patch {
  /** What is gone of what we had, by key; of these, what was met. */
  readonly removed = new Map<string, Patched>();
  readonly #met = new Set<string>();
  readonly added = new Map<string, Patched>();

  /** A step takes this record away. */
  remove(owner: Uint8Array, length: number, type: number, data: Uint8Array, size: number): void {
    const key = keyOf(owner, length, type, data, size);
    if (!this.added.delete(key)) this.removed.set(key, { owner: owner.slice(0, length), type, ttl: 0, data: data.slice(0, size) });
  }
  /** A step adds this one. */
  add(owner: Uint8Array, length: number, type: number, ttl: number, data: Uint8Array, size: number): void {
    this.added.set(keyOf(owner, length, type, data, size), { owner: owner.slice(0, length), type, ttl, data: data.slice(0, size) });
  }
  /** Whether a record that we have stays. */
  keeps(owner: Uint8Array, length: number, type: number, data: Uint8Array, size: number): boolean {
    const key = keyOf(owner, length, type, data, size);
    if (!this.removed.has(key)) return true;
    this.#met.add(key);
    return false;
  }
  /** How many were taken away that we did not have: then what we have is not what the differences are of. */
  get missed(): number {
    return this.removed.size - this.#met.size;
  }
}

/** Equal records have the same key: letters of owners count for nothing, and those of names in data neither (RFC 4343). */
function keyOf(owner: Uint8Array, length: number, type: number, data: Uint8Array, size: number): string {
  const name = latin1(owner, 0, length);
  return `${type} ${Name.wire(name).key}${latin1(foldData(type, data, size), 0, size)}`;
}
