// IPv4 addresses in IPv6 ones, for translators between the two (RFC 6052). Knows octets and prefixes.
import { parseCIDR, printAddress } from './address.ts';

/** A translator's prefix: 16 octets, those behind it zero, and the octets of the prefix: 4 to 8, or 12. */
export interface TranslationPrefix {
  readonly prefix: Uint8Array;
  readonly octets: number;
}

/** `64:ff9b::/96` (RFC 6052 section 2.1). */
export const WELL_KNOWN: TranslationPrefix = { prefix: Uint8Array.of(0, 0x64, 0xff, 0x9b, ...new Uint8Array(12)), octets: 12 };
/** Octets of the prefixes that a translator can have (RFC 6052 section 2.2). */
const LENGTHS: readonly number[] = [4, 5, 6, 7, 8, 12];
/** The octet that is always zero. */
const RESERVED = 8;

/** What is wrong with a text as a prefix, and the network as it is spelled where it is one. */
export type PrefixFault =
  { readonly fault: 'none' } | { readonly fault: 'family' | 'length'; readonly bits: number; readonly shown: string };

/** Reads a network as a translator's prefix; a fault where it is none. The reserved octet is not looked at. */
export function readTranslationPrefix(text: string): TranslationPrefix | PrefixFault {
  const parsed = parseCIDR(text);
  if (parsed === undefined) return { fault: 'none' };
  const { network, bits } = parsed;
  const shown = `${printAddress(network)}/${bits}`;
  if (network.length !== 16) return { fault: 'family', bits: network.length * 8, shown };
  if (bits % 8 !== 0 || !LENGTHS.includes(bits / 8)) return { fault: 'length', bits, shown };
  return { prefix: network, octets: bits / 8 };
}

/** The 16 octets of an IPv4 address behind a prefix (RFC 6052 section 2.2): the ninth is always zero, and so is what follows. */
export function embed({ prefix, octets }: TranslationPrefix, address: Uint8Array): Uint8Array {
  const made = new Uint8Array(16);
  made.set(prefix.subarray(0, octets));
  let at = octets;
  for (let i = 0; i < 4; i++) {
    if (at === RESERVED) at++;
    made[at++] = address[i]!;
  }
  return made;
}

/** The IPv4 address behind a prefix (RFC 6052 section 2.3), undefined where the address has another one. What follows is not looked at. */
export function extract({ prefix, octets }: TranslationPrefix, address: Uint8Array): Uint8Array | undefined {
  if (address.length !== 16 || address[RESERVED] !== (octets > RESERVED ? prefix[RESERVED] : 0)) return undefined;
  for (let i = 0; i < octets; i++) if (address[i] !== prefix[i]) return undefined;
  const found = new Uint8Array(4);
  let at = octets;
  for (let i = 0; i < 4; i++) {
    if (at === RESERVED) at++;
    found[i] = address[at++]!;
  }
  return found;
}
