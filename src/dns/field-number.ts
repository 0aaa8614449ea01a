// Fields that are numbers with names in text: types, type bitmaps, DNSSEC algorithms, kinds of certificate.
// Knows those names, nothing of records.

import { decimal, type Field, u8, u16 } from './field.ts';
import { typeByName, typeName } from './type-name.ts';
import { RRError, type Words } from './words.ts';
import { WireError } from './wire-error.ts';

function parseType(words: Words): number {
  const text = words.text();
  const type = typeByName(text);
  if (type === undefined) throw new RRError(`"${text}" is no record type`);
  return type;
}

/** A type as it can be read again: `TYPE0` where people are told `None`. */
function printType(type: number): string {
  const text = typeName(type);
  return typeByName(text) === type ? text : `TYPE${type}`;
}

/** A record type by name. */
export const recordType: Field<number> = { ...u16, parse: parseType, print: printType };

/** Record types as a bitmap (RFC 4034 section 4.1.2), ascending. */
export const typeBitmap: Field<readonly number[]> = {
  extent: 'rest',
  read: (reader) => {
    const types: number[] = [];
    let last = -1;
    while (!reader.done) {
      const at = reader.at;
      const window = reader.u8();
      const length = reader.u8();
      if (window <= last || length === 0 || length > 32) throw new WireError('bad block in a type bitmap', at);
      last = window;
      for (let i = 0; i < length; i++) {
        const octet = reader.u8();
        for (let bit = 0; bit < 8; bit++) if (octet & (0x80 >> bit)) types.push((window << 8) | (i << 3) | bit);
      }
    }
    return types;
  },
  write: (writer, types) => {
    const sorted = [...new Set(types)].sort((a, b) => a - b);
    for (let i = 0; i < sorted.length; ) {
      const window = (sorted[i] as number) >> 8;
      const block = new Uint8Array(32);
      let length = 0;
      for (; i < sorted.length && (sorted[i] as number) >> 8 === window; i++) {
        const low = (sorted[i] as number) & 0xff;
        length = (low >> 3) + 1;
        block[low >> 3] = (block[low >> 3] as number) | (0x80 >> (low & 7));
      }
      writer.u8(window);
      writer.u8(length);
      writer.octets(block, 0, length);
    }
  },
  parse: (words) => {
    const types: number[] = [];
    while (words.more) types.push(parseType(words));
    return types;
  },
  print: (types) => types.map(printType).join(' '),
};

const ALGORITHMS: readonly (readonly [string, number])[] = [
  ['RSAMD5', 1],
  ['DH', 2],
  ['DSA', 3],
  ['RSASHA1', 5],
  ['DSA-NSEC3-SHA1', 6],
  ['RSASHA1-NSEC3-SHA1', 7],
  ['RSASHA256', 8],
  ['RSASHA512', 10],
  ['ECC-GOST', 12],
  ['ECDSAP256SHA256', 13],
  ['ECDSAP384SHA384', 14],
  ['ED25519', 15],
  ['ED448', 16],
  ['INDIRECT', 252],
  ['PRIVATEDNS', 253],
  ['PRIVATEOID', 254],
];

const CERTIFICATES: readonly (readonly [string, number])[] = [
  ['PKIX', 1],
  ['SPKI', 2],
  ['PGP', 3],
  ['IPIX', 4],
  ['ISPKI', 5],
  ['IPGP', 6],
  ['ACPKIX', 7],
  ['IACPKIX', 8],
  ['URI', 253],
  ['OID', 254],
];

function named(base: Field<number>, max: number, names: readonly (readonly [string, number])[], printed: boolean): Field<number> {
  const numbers = new Map(names);
  const texts = new Map(names.map(([name, number]) => [number, name]));
  return {
    ...base,
    parse: (words) => {
      const text = words.text();
      return numbers.get(text.toUpperCase()) ?? decimal(text, max);
    },
    print: (value) => (printed ? texts.get(value) : undefined) ?? String(value),
  };
}

/** A DNSSEC algorithm (RFC 8624), read by number or name, printed as a number. */
export const algorithm: Field<number> = named(u8, 0xff, ALGORITHMS, false);
/** A DNSSEC algorithm, printed by name, as CERT records have it. */
export const namedAlgorithm: Field<number> = named(u8, 0xff, ALGORITHMS, true);
/** A kind of certificate (RFC 4398 section 2.1), by name. */
export const certificateKind: Field<number> = named(u16, 0xffff, CERTIFICATES, true);
