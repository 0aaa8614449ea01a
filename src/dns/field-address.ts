// Fields that are addresses and other numbers of fixed length with a text of their own. Knows nothing of types.

import { parseIPv4, parseIPv6, printAddress, printRecordAddress } from './address.ts';
import type { Field } from './field.ts';
import { parseHex, printHex } from './field-text.ts';
import { RRError } from './words.ts';
import { WireError } from './wire-error.ts';

function fixed(length: number, parse: (text: string) => Uint8Array | undefined, print: (bytes: Uint8Array) => string): Field<Uint8Array> {
  return {
    extent: length,
    read: (reader) => reader.take(length),
    write: (writer, value) => {
      if (value.length !== length) throw new WireError(`${value.length} octets where ${length} belong`, writer.at);
      writer.octets(value);
    },
    parse: (words) => {
      const text = words.text();
      const value = parse(text);
      if (value === undefined) throw new RRError(`bad value "${text}"`);
      return value;
    },
    print,
    ofText: (text) => {
      const value = parse(text);
      if (value === undefined) throw new RRError(`"${text}" is no address of ${length} octets`);
      return value;
    },
  };
}

/** An IPv4 address, 4 octets. */
export const ipv4: Field<Uint8Array> = fixed(4, parseIPv4, printAddress);
/** An IPv6 address, 16 octets. */
export const ipv6: Field<Uint8Array> = fixed(16, parseIPv6, printRecordAddress);

/** Groups of hexadecimal digits; a zero in front of one may be left out where `short` says so. */
function grouped(length: number, width: number, separator: string, short: boolean, capitals: boolean): Field<Uint8Array> {
  const group = short ? `[0-9a-f]{1,${width}}` : `[0-9a-f]{${width}}`;
  const form = new RegExp(`^${group}(?:${separator}${group}){${(2 * length) / width - 1}}$`, 'i');
  const groups = new RegExp(`.{${width}}`, 'g');
  const parse = (text: string) => {
    if (!form.test(text)) return undefined;
    const parts = text.split(separator).map((part) => part.padStart(width, '0'));
    return parseHex(parts.join(''));
  };
  return fixed(length, parse, (bytes) => {
    const text = (printHex(bytes).match(groups) as string[]).join(separator);
    return capitals ? text.toUpperCase() : text;
  });
}

/** Six octets as `00-00-5e-00-53-2a` (RFC 7043 section 3). */
export const eui48: Field<Uint8Array> = grouped(6, 2, '-', false, false);
/** Eight octets as `00-00-5e-ef-10-00-00-2a` (RFC 7043 section 4). */
export const eui64: Field<Uint8Array> = grouped(8, 2, '-', false, false);
/** Eight octets as `0014:4fff:ff20:ee64` (RFC 6742 section 2.1). */
export const nodeId: Field<Uint8Array> = grouped(8, 4, ':', true, false);
/** Eight octets as `2001:0DB8:1140:1000` (RFC 6742 section 2.3). */
export const locator64: Field<Uint8Array> = grouped(8, 4, ':', true, true);
