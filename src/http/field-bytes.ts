// Fields, and the integers and strings that HPACK and QPACK write them with, behind the first bits of an octet (RFC 7541 section 5,
// RFC 9204 section 4.1). Knows bytes; knows no tables.
import { latin1Bytes } from '../dns/latin1.ts';
import { unfold } from './huffman.ts';

/** A field. */
export class Field {
  readonly name: string;
  readonly value: string;
  /** What a reader once made of it, found again when the peer names it out of the table; 0 is nothing yet. */
  verdict = 0;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
  }
}
/** What an entry takes beside its octets (RFC 7541 section 4.1, RFC 9114 section 4.2.2). */
const OVERHEAD = 32;
/** What a field counts in a table, and in a list that has a bound. */
export const sizeOf = ({ name, value }: Field): number => name.length + value.length + OVERHEAD;

/** Reads them one after the other. */
export class PrefixReader {
  /** Where the next one stands. */
  protected at = 0;

  /** In the last `prefix` bits of the octet there, and those after it; -1 where it does not end in time, or is larger than any here is. */
  protected integer(bytes: Buffer, end: number, prefix: number): number {
    const most = (1 << prefix) - 1;
    let value = bytes[this.at++]! & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.at >= end) return -1;
      const byte = bytes[this.at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }
  /** Its length is in the last `prefix` bits of the octet there, and the bit before them says whether it is by Huffman's code. */
  protected text(bytes: Buffer, end: number, prefix = 7): string | undefined {
    if (this.at >= end) return undefined;
    const huffman = (bytes[this.at]! & (1 << prefix)) !== 0;
    const length = this.integer(bytes, end, prefix);
    const at = this.at;
    if (length < 0 || at + length > end) return undefined;
    this.at = at + length;
    return huffman ? unfold(bytes, at, at + length) : bytes.toString('latin1', at, at + length);
  }
}

/** An integer behind bits that are already said: `high` is the octet but for the last `prefix` bits. */
export function prefixedInteger(value: number, prefix: number, high: number): Buffer {
  const most = (1 << prefix) - 1;
  if (value < most) return Buffer.of(high | value);
  const bytes = [high | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
/** A string, its octets as they are. */
export const prefixedText = (text: string, prefix = 7, high = 0): Buffer =>
  Buffer.concat([prefixedInteger(text.length, prefix, high), latin1Bytes(text)]);
