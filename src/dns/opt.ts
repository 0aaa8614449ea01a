// EDNS (RFC 6891): the OPT record of a message as a value of its own. Knows its header and that options have a code and octets.

import { skipName } from './name-wire.ts';
import { TYPE } from './type-name.ts';
import { Reader, Writer } from './wire.ts';
import { WireError } from './wire-error.ts';

/** One option. */
export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** What an OPT record says. */
export interface Edns {
  /** The largest UDP payload that the sender takes, in octets. */
  readonly udpSize: number;
  readonly version: number;
  /** The DO bit: send DNSSEC records (RFC 3225). */
  readonly dnssecOk: boolean;
  /** The other 15 bits of flags. */
  readonly z: number;
  /** The upper 8 of the 12 bits of the response code. When a message is written they are taken from its `rcode` instead. */
  readonly extendedRcode: number;
  readonly options: readonly EdnsOption[];
}

const DO = 0x8000;

/** An OPT record's value with nothing special in it: version 0, no flags, no options. */
export function edns(udpSize: number, dnssecOk = false, options: readonly EdnsOption[] = []): Edns {
  return { udpSize, version: 0, dnssecOk, z: 0, extendedRcode: 0, options };
}

/** The options in the data of an OPT record; throws WireError. */
export function readOptions(reader: Reader): EdnsOption[] {
  const options: EdnsOption[] = [];
  while (!reader.done) {
    const code = reader.u16();
    options.push({ code, data: reader.take(reader.u16()) });
  }
  return options;
}

/** An OPT record's value of the class, time to live and data of the record; throws WireError. */
export function readEdns(klass: number, ttl: number, rdata: Uint8Array, at = 0, end: number = rdata.length): Edns {
  return {
    udpSize: klass,
    version: (ttl >>> 16) & 0xff,
    dnssecOk: (ttl & DO) !== 0,
    z: ttl & 0x7fff,
    extendedRcode: ttl >>> 24,
    options: readOptions(new Reader(rdata, at, end)),
  };
}

/** How many octets the OPT record has on the wire. */
export function ednsLength(edns: Edns): number {
  let length = 11;
  for (const option of edns.options) length += 4 + option.data.length;
  return length;
}

/** Writes an OPT record, with the upper bits of a response code of 12 bits. Throws WireError where its options are too long. */
export function writeEdns(writer: Writer, edns: Edns, rcode: number): void {
  const length = ednsLength(edns) - 11;
  if (length > 0xffff) throw new WireError('options longer than 65535 octets', writer.at);
  writer.u8(0);
  writer.u16(TYPE.OPT);
  writer.u16(edns.udpSize);
  writer.u8(rcode >> 4);
  writer.u8(edns.version);
  writer.u16((edns.dnssecOk ? DO : 0) | (edns.z & 0x7fff));
  writer.u16(length);
  for (const { code, data } of edns.options) {
    writer.u16(code);
    writer.u16(data.length);
    writer.octets(data);
  }
}

/** An OPT record's value of the whole record at `at`, beginning with its owner; throws WireError. */
export function decodeEdns(bytes: Uint8Array, at = 0, end: number = bytes.length): Edns {
  const reader = new Reader(bytes, skipName(bytes, at, end), end);
  reader.skip(2);
  const klass = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  if (reader.at + length > end) throw new WireError('record data runs over the end', reader.at);
  return readEdns(klass, ttl, bytes, reader.at, reader.at + length);
}

/** The whole OPT record, with the upper bits of the response code as `extendedRcode` has them. Throws WireError. */
export function encodeEdns(edns: Edns): Uint8Array {
  const length = ednsLength(edns);
  const writer = new Writer({ bytes: new Uint8Array(length), at: 0, end: length });
  writeEdns(writer, edns, edns.extendedRcode << 4);
  return writer.bytes;
}
