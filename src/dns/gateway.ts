// Fields with a name or an address inside, as told by a number before it: IPSECKEY, AMTRELAY, HIP.
// Knows those three, nothing of messages.

import { parseIPv4, parseIPv6, printRecordAddress } from './address.ts';
import { decimal, type Field, parseName } from './field.ts';
import { parseBase64, parseHex, printBase64, printHex } from './field-text.ts';
import { Name } from './name.ts';
import { type Reader, WireError, type Writer } from './wire.ts';
import { RRError, type Words } from './words.ts';

/** Where to: nowhere, an address of 4 or 16 octets, or a name. */
export type Target = undefined | Uint8Array | Name;

/** What follows the precedence of an IPSECKEY record (RFC 4025 section 2). */
export interface Gateway {
  readonly algorithm: number;
  readonly target: Target;
}

/** What follows the precedence of an AMTRELAY record (RFC 8777 section 4.2). */
export interface Relay {
  readonly discovery: boolean;
  readonly target: Target;
}

/** A host's identity and who can be asked for it (RFC 8005 section 5). */
export interface Identity {
  readonly algorithm: number;
  readonly tag: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly servers: readonly Name[];
}

function kindOf(target: Target): number {
  if (target === undefined) return 0;
  return target instanceof Name ? 3 : target.length === 4 ? 1 : 2;
}

function readTarget(reader: Reader, kind: number): Target {
  if (kind === 0) return undefined;
  if (kind === 3) return reader.name();
  if (kind > 3) throw new WireError('unknown kind of gateway', reader.at);
  return reader.take(kind === 1 ? 4 : 16);
}

function writeTarget(writer: Writer, target: Target): void {
  if (target instanceof Name) writer.name(target, false);
  else if (target !== undefined) writer.octets(target);
}

function parseTarget(words: Words, kind: number): Target {
  if (kind === 3) return parseName(words);
  const text = words.text();
  const target = kind === 1 ? parseIPv4(text) : kind === 2 ? parseIPv6(text) : undefined;
  if (kind > 3 || (kind === 0 ? text !== '.' : target === undefined)) throw new RRError(`"${text}" is no gateway of kind ${kind}`);
  return target;
}

function printTarget(target: Target): string {
  if (target === undefined) return '.';
  return target instanceof Name ? target.text : printRecordAddress(target);
}

/** The gateway of an IPSECKEY record. */
export const gateway: Field<Gateway> = {
  extent: 'rest',
  read: (reader) => {
    const kind = reader.u8();
    return { algorithm: reader.u8(), target: readTarget(reader, kind) };
  },
  write: (writer, value) => {
    writer.u8(kindOf(value.target));
    writer.u8(value.algorithm);
    writeTarget(writer, value.target);
  },
  parse: (words) => {
    const kind = decimal(words.text(), 0xff);
    return { algorithm: decimal(words.text(), 0xff), target: parseTarget(words, kind) };
  },
  print: (value) => `${kindOf(value.target)} ${value.algorithm} ${printTarget(value.target)}`,
};

/** The relay of an AMTRELAY record. */
export const relay: Field<Relay> = {
  extent: 'rest',
  read: (reader) => {
    const octet = reader.u8();
    return { discovery: octet >= 0x80, target: readTarget(reader, octet & 0x7f) };
  },
  write: (writer, value) => {
    writer.u8(kindOf(value.target) | (value.discovery ? 0x80 : 0));
    writeTarget(writer, value.target);
  },
  parse: (words) => {
    const discovery = decimal(words.text(), 1) === 1;
    return { discovery, target: parseTarget(words, decimal(words.text(), 0x7f)) };
  },
  print: (value) => `${value.discovery ? 1 : 0} ${kindOf(value.target)} ${printTarget(value.target)}`,
};

/** All of a HIP record. */
export const identity: Field<Identity> = {
  extent: 'rest',
  read: (reader) => {
    const length = reader.u8();
    const algorithm = reader.u8();
    const keyLength = reader.u16();
    const tag = reader.take(length);
    const publicKey = reader.take(keyLength);
    const servers: Name[] = [];
    while (!reader.done) servers.push(reader.name());
    return { algorithm, tag, publicKey, servers };
  },
  write: (writer, value) => {
    if (value.tag.length > 0xff) throw new WireError('host identity tag longer than 255 octets', writer.at);
    writer.u8(value.tag.length);
    writer.u8(value.algorithm);
    writer.u16(value.publicKey.length);
    writer.octets(value.tag);
    writer.octets(value.publicKey);
    for (const server of value.servers) writer.name(server, false);
  },
  parse: (words) => {
    const algorithm = decimal(words.text(), 0xff);
    const tag = parseHex(words.text());
    const publicKey = parseBase64(words.text());
    const servers: Name[] = [];
    while (words.more) servers.push(parseName(words));
    return { algorithm, tag, publicKey, servers };
  },
  print: ({ algorithm, tag, publicKey, servers }) => {
    if (tag.length === 0 || publicKey.length === 0) throw new RRError('an empty tag or key');
    return [algorithm, printHex(tag), printBase64(publicKey), ...servers.map((server) => server.text)].join(' ');
  },
};
