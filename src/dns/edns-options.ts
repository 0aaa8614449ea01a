// The EDNS options whose content has a meaning here: made of values, and read. Knows one option at a time.

import { latin1, latin1Bytes, octets } from './latin1.ts';
import { maskAddress, printAddress } from './address.ts';
import { readRawName } from './name-wire.ts';
import type { Edns, EdnsOption } from './opt.ts';
import { Reader, WireError, Writer } from './wire.ts';

/** Option codes by name (LIBD-4). */
export const OPTION = {
  LLQ: 1,
  UL: 2,
  NSID: 3,
  ESU: 4,
  DAU: 5,
  DHU: 6,
  N3U: 7,
  ECS: 8,
  EXPIRE: 9,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EDE: 15,
  REPORTING: 18,
  ZONEVERSION: 19,
} as const;

/** The first option with this code; undefined where there is none. */
export function findOption(edns: Edns | undefined, code: number): EdnsOption | undefined {
  return edns?.options.find((option) => option.code === code);
}

/** A server's identifier (RFC 5001) of its octets. */
export function nsid(data: Uint8Array): EdnsOption {
  return { code: OPTION.NSID, data };
}

/** A client's network (RFC 7871). */
export interface ClientSubnet {
  /** 4 or 16 octets, those behind the source prefix zero. */
  readonly address: Uint8Array;
  /** How many bits of it were given. */
  readonly source: number;
  /** For how many bits the answer holds. */
  readonly scope: number;
}

/** Reads a client's network (RFC 7871 section 6); family 0 has no address, octets too many are dropped. Throws WireError. */
export function readClientSubnet(option: EdnsOption): ClientSubnet {
  const reader = new Reader(option.data);
  const family = reader.u16();
  const source = reader.u8();
  const scope = reader.u8();
  const address = new Uint8Array(family === 0 ? 0 : family === 1 ? 4 : 16);
  const size = 8 * address.length;
  if (family > 2 || source > size || (family !== 0 && scope > size)) throw new WireError('bad client subnet', 0);
  const given = reader.rest();
  address.set(given.subarray(0, address.length));
  return { address, source, scope };
}

/** Makes a client's network; address octets and bits behind the source prefix are left out. */
export function clientSubnet({ address, source, scope }: ClientSubnet): EdnsOption {
  const writer = new Writer();
  const length = (source + 7) >> 3;
  writer.u16(address.length === 0 ? 0 : address.length === 4 ? 1 : 2);
  writer.u8(source);
  writer.u8(scope);
  writer.octets(maskAddress(address, source), 0, length);
  return { code: OPTION.ECS, data: writer.slice() };
}

/** A client's network as people read it: `address/source/scope`. */
export function printClientSubnet({ address, source, scope }: ClientSubnet): string {
  return `${address.length === 0 ? '' : printAddress(address)}/${source}/${scope}`;
}

/** A zone's time to expire in seconds (RFC 7314); undefined in a query, which has none. */
export function expire(seconds: number | undefined): EdnsOption {
  const writer = new Writer();
  if (seconds !== undefined) writer.u32(seconds);
  return { code: OPTION.EXPIRE, data: writer.slice() };
}

/** Reads a zone's time to expire in seconds; undefined where it has none. Throws WireError. */
export function readExpire(option: EdnsOption): number | undefined {
  return option.data.length === 0 ? undefined : new Reader(option.data).u32();
}

/** Both halves of a cookie (RFC 7873). */
export interface Cookie {
  /** 8 octets. */
  readonly client: Uint8Array;
  /** None, or 8 to 32 octets. */
  readonly server: Uint8Array;
}

/** Makes a cookie. */
export function cookie({ client, server }: Cookie): EdnsOption {
  const data = new Uint8Array(client.length + server.length);
  data.set(client);
  data.set(server, client.length);
  return { code: OPTION.COOKIE, data };
}

/** Reads a cookie; throws WireError where its length is not allowed (RFC 7873 section 4). */
export function readCookie(option: EdnsOption): Cookie {
  const length = option.data.length;
  if (length !== 8 && (length < 16 || length > 40)) throw new WireError('bad length of a cookie', 0);
  return { client: option.data.slice(0, 8), server: option.data.slice(8) };
}

/** How long a connection may idle, in tenths of a second (RFC 7828); undefined in a query, which does not say. */
export function tcpKeepalive(timeout: number | undefined): EdnsOption {
  const writer = new Writer();
  if (timeout !== undefined) writer.u16(timeout);
  return { code: OPTION.TCP_KEEPALIVE, data: writer.slice() };
}

/** Reads how long a connection may idle, in tenths of a second; undefined where it does not say. Throws WireError. */
export function readTcpKeepalive(option: EdnsOption): number | undefined {
  return option.data.length === 0 ? undefined : new Reader(option.data).u16();
}

/** Zeros to fill a message (RFC 7830). */
export function padding(length: number): EdnsOption {
  return { code: OPTION.PADDING, data: new Uint8Array(length) };
}

/** What went wrong, beside the response code (RFC 8914). */
export interface ExtendedError {
  readonly infoCode: number;
  /** For people; often empty. */
  readonly text: string;
}

/** Makes an Extended DNS Error. */
export function extendedError({ infoCode, text }: ExtendedError): EdnsOption {
  return { code: OPTION.EDE, data: latin1Bytes(String.fromCharCode(infoCode >> 8, infoCode & 0xff) + octets(text)) };
}

/** Reads an Extended DNS Error; a last zero octet is not part of the text (RFC 8914 section 2). Throws WireError. */
export function readExtendedError(option: EdnsOption): ExtendedError {
  const reader = new Reader(option.data);
  const infoCode = reader.u16();
  const text = new TextDecoder().decode(reader.rest());
  return { infoCode, text: text.endsWith('\0') ? text.slice(0, -1) : text };
}

/** Which version of a zone an answer is from (RFC 9660). */
export interface ZoneVersion {
  /** How many labels the zone's name has. */
  readonly labels: number;
  /** What kind of version; 0 is the serial of its SOA. */
  readonly type: number;
  readonly version: Uint8Array;
}

/** Makes a zone's version; undefined in a query, which has none. */
export function zoneVersion(value: ZoneVersion | undefined): EdnsOption {
  const writer = new Writer();
  if (value !== undefined) {
    writer.u8(value.labels);
    writer.u8(value.type);
    writer.octets(value.version);
  }
  return { code: OPTION.ZONEVERSION, data: writer.slice() };
}

/** Reads a zone's version; undefined where it has none. Throws WireError. */
export function readZoneVersion(option: EdnsOption): ZoneVersion | undefined {
  if (option.data.length === 0) return undefined;
  const reader = new Reader(option.data);
  return { labels: reader.u8(), type: reader.u8(), version: reader.rest() };
}

/** The octets of an option as a string, a character for each: for options that are text, such as NSID. */
export function optionText(option: EdnsOption): string {
  return latin1(option.data, 0, option.data.length);
}

/**
 * Whether CoreDNS could read an option with this code whose content is `bytes` from `at` up to `end`. A query with another one is
 * malformed (SRV-1, LIBD-4); unknown codes may hold anything.
 */
export function isReadable(code: number, bytes: Uint8Array, at = 0, end: number = bytes.length): boolean {
  const length = end - at;
  switch (code) {
    case OPTION.LLQ:
      return length >= 18;
    case OPTION.UL:
      return length === 4 || length === 8;
    case OPTION.ECS:
      return isReadableSubnet(bytes, at, length);
    case OPTION.EXPIRE:
      return length === 0 || length >= 4;
    case OPTION.TCP_KEEPALIVE:
      return length === 0 || length === 2;
    case OPTION.EDE:
      return length >= 2;
    case OPTION.REPORTING:
      return isName(bytes, at, end);
    case OPTION.ZONEVERSION:
      // CoreDNS refuses an empty one too, though that is what a query has (RFC 9660 section 3.1).
      return length !== 1;
    default:
      return true;
  }
}

function isReadableSubnet(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < 4) return false;
  const family = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const most = family === 0 ? 0 : family === 1 ? 32 : 128;
  return family <= 2 && (bytes[at + 2] as number) <= most && (family === 0 || (bytes[at + 3] as number) <= most);
}

function isName(bytes: Uint8Array, at: number, end: number): boolean {
  try {
    readRawName(bytes, at, end, at);
    return true;
  } catch {
    return false;
  }
}
