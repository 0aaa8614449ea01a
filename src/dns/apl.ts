// The field of an APL record, lists of address prefixes (RFC 3123). Knows prefixes, nothing of records.

import { parseCIDR, printRecordAddress } from './address.ts';
import type { Field } from './field.ts';
import { WireError } from './wire-error.ts';
import { RRError } from './words.ts';

/** One prefix. */
export interface APLItem {
  /** Whether it takes away rather than adds. */
  readonly negated: boolean;
  /** 4 or 16 octets, those behind the prefix zero. */
  readonly network: Uint8Array;
  /** The prefix length in bits. */
  readonly bits: number;
}

function parseItem(text: string): APLItem {
  const parts = /^(!?)([12]):(.*)$/.exec(text);
  const prefix = parts === null ? undefined : parseCIDR(parts[3] as string);
  if (parts === null || prefix === undefined || prefix.network.length !== (parts[2] === '1' ? 4 : 16)) {
    throw new RRError(`bad prefix "${text}"`);
  }
  if (prefix.network.some((octet, i) => octet !== prefix.address[i])) throw new RRError(`bits behind the prefix in "${text}"`);
  return { negated: parts[1] === '!', network: prefix.network, bits: prefix.bits };
}

/** All of an APL record. */
export const prefixes: Field<readonly APLItem[]> = {
  extent: 'rest',
  read: (reader) => {
    const items: APLItem[] = [];
    while (!reader.done) {
      const at = reader.at;
      const family = reader.u16();
      const bits = reader.u8();
      const octet = reader.u8();
      const network = new Uint8Array(family === 1 ? 4 : 16);
      const length = octet & 0x7f;
      if (family < 1 || family > 2 || length > network.length || bits > 8 * network.length) throw new WireError('bad prefix', at);
      network.set(reader.take(length));
      if (length > 0 && network[length - 1] === 0) throw new WireError('zeros at the end of a prefix', at);
      items.push({ negated: octet >= 0x80, network, bits });
    }
    return items;
  },
  write: (writer, items) => {
    for (const { negated, network, bits } of items) {
      let length = network.length;
      while (length > 0 && network[length - 1] === 0) length--;
      writer.u16(network.length === 4 ? 1 : 2);
      writer.u8(bits);
      writer.u8(length | (negated ? 0x80 : 0));
      writer.octets(network, 0, length);
    }
  },
  parse: (words) => {
    const items: APLItem[] = [];
    while (words.more) items.push(parseItem(words.text()));
    return items;
  },
  print: (items) =>
    items
      .map(({ negated, network, bits }) => `${negated ? '!' : ''}${network.length === 4 ? 1 : 2}:${printRecordAddress(network)}/${bits}`)
      .join(' '),
};
