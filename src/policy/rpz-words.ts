// How the rules of a response policy zone stand in a table of fingerprints: what a word says, and under which fingerprint a rule is. Knows
// bits and hashes; knows no zone.
import { maskAddress } from '../dns/address.ts';
import type { LabelHash } from '../store/label-hash.ts';
import type { Trigger } from './rpz-owner.ts';

/** What is done, but for data of the rule's own: each a bit, the same six bits further for all names below. */
export const NXDOMAIN = 1, NODATA = 2, PASSTHRU = 4, DROP = 8, TCP_ONLY = 16, DATA = 32, ACTIONS = 63, BELOW_SHIFT = 6;
/** Set in each word, so that none is 0. */
export const RULE = 1 << 12;
/** From here on the number of the rule's data, and how many there can be. */
export const DATA_SHIFT = 13, MOST_DATA = 1 << 19;

/** Where hashes begin: names of questions as they are, and all else where no name is. */
const ROOTS: { readonly [trigger in Trigger]: number } = { qname: 0, nsdname: 1, 'client-ip': 2, ip: 3, nsip: 4 };
const STAR = Uint8Array.of(42);
const network = new Uint8Array(17);

/** Begins the hash of a rule's owner. */
export function beginHash(hash: LabelHash, trigger: Trigger): void {
  hash.reset();
  hash.a = ROOTS[trigger];
}
/** Goes on to the wildcard below. */
export const absorbStar = (hash: LabelHash): void => hash.absorb(STAR, 0, 1);
/** Hashes the network of an address of `length` octets with so many bits. */
export function hashNetwork(hash: LabelHash, trigger: Trigger, bytes: Uint8Array, at: number, length: number, bits: number): void {
  beginHash(hash, trigger);
  network.set(maskAddress(bytes.subarray(at, at + length), bits));
  network[length] = bits;
  hash.absorb(network, 0, length + 1);
}
