// The digest of a whole zone (RFC 8976): scheme SIMPLE, SHA-384 or SHA-512, over its record sets in canonical order. Knows sets one after
// the other; knows nothing of where they come from.
import { createHash } from 'node:crypto';
import { setU32, u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { formOf } from './set-form.ts';
import type { RRset } from './set-form.ts';

/** The scheme, and the two hashes (RFC 8976 section 5). */
export const SIMPLE = 1, ZONE_SHA384 = 1, ZONE_SHA512 = 2;
/** Octets that are gathered before they are hashed. */
const PIECE = 1 << 16;

/** A digest in the making: hand over each set, then ask for it. */
export class ZoneDigest {
  readonly #hash;
  readonly #apex: Uint8Array;
  #buffer = new Uint8Array(PIECE * 2);
  #used = 0;

  /** `apex` is the wire form of the zone's name in lower case; `hash` is 1 for SHA-384 and 2 for SHA-512, else RangeError is thrown. */
  constructor(apex: Uint8Array, hash: number = ZONE_SHA384) {
    if (hash !== ZONE_SHA384 && hash !== ZONE_SHA512) throw new RangeError(`hash ${hash} of ZONEMD is not known`);
    this.#hash = createHash(hash === ZONE_SHA384 ? 'sha384' : 'sha512');
    this.#apex = apex;
  }

  /**
   * Adds a set: names in canonical order, types by number. The apex's ZONEMD and its signatures are left out here. Signatures are a set by
   * themselves; so are those of different times to live. Throws WireError for data that its type does not have.
   */
  add(set: RRset): void {
    const form = formOf(set);
    if (this.#isApex(form.owner, form.ownerLength)) {
      if (set.type === TYPE.ZONEMD) return;
      if (set.type === TYPE.RRSIG) {
        const rest = set.data.filter((data) => u16(data, 0) !== TYPE.ZONEMD);
        if (rest.length === 0) return;
        if (rest.length < set.data.length) {
          this.add({ ...set, data: rest });
          return;
        }
      }
    }
    const { size } = form;
    if (this.#used + size > this.#buffer.length) this.#flush(size);
    this.#used = form.write(this.#buffer, this.#used, set.ttl);
    if (this.#used >= PIECE) this.#flush(0);
  }
  #isApex(name: Uint8Array, length: number): boolean {
    return length === this.#apex.length && this.#apex.every((octet, i) => octet === name[i]);
  }
  #flush(room: number): void {
    this.#hash.update(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
    if (room > this.#buffer.length) this.#buffer = new Uint8Array(room);
  }

  /** The digest of all that was added; nothing can be added any more. */
  digest(): Uint8Array {
    this.#flush(0);
    return this.#hash.digest();
  }
}

/** The data of a ZONEMD record of scheme SIMPLE. */
export function zoneDigestData(serial: number, hash: number, digest: Uint8Array): Uint8Array {
  const data = new Uint8Array(6 + digest.length);
  setU32(data, 0, serial);
  data[4] = SIMPLE;
  data[5] = hash;
  data.set(digest, 6);
  return data;
}
