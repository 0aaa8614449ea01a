// Reads the header that a proxy puts in front of a connection or a datagram (the PROXY protocol, versions 1 and 2). Knows its bytes; knows
// neither sockets nor who may send it.
import { parseIPv4, parseIPv6 } from '../dns/address.ts';
import { latin1, latin1Bytes } from '../dns/latin1.ts';

/** Octets of a header of version 2 at most; the protocol allows 65,551, and no proxy needs them. */
export const MOST_PROXY_HEADER = 8192;
/** Octets of a header of version 1 at most, its CRLF among them. */
const MOST_TEXT = 107;
const SIGNATURE = latin1Bytes('\r\n\r\n\0\r\nQUIT\n'), WORD = latin1Bytes('PROXY ');
/** Octets before the addresses of version 2, and those of the addresses of a family (1 IPv4, 2 IPv6, 3 UNIX). */
const HEAD = 16, ADDRESSES = [0, 12, 36, 216];
const NOTHING = new Uint8Array(0);

/** Both ends of the connection that the proxy took. */
export interface ProxiedEnds {
  readonly source: Uint8Array;
  readonly sourcePort: number;
  readonly destination: Uint8Array;
  readonly destinationPort: number;
}
/** A header. */
export interface ProxyHeader {
  /** Octets of it. */
  readonly length: number;
  /** undefined where the proxy speaks for itself (LOCAL), or knows no addresses. */
  readonly ends: ProxiedEnds | undefined;
  /** The family of the addresses that stand there, LOCAL or not: 0 where there are none. */
  readonly family: number;
  /** What follows the addresses of version 2. */
  readonly tlvs: Uint8Array;
}
/** `none`: what is here is no header. `more`: it is the beginning of one. `bad`: it is one that is wrong. */
export type NoProxyHeader = 'none' | 'more' | 'bad';

function begins(bytes: Uint8Array, at: number, length: number, word: Uint8Array): boolean {
  for (let i = 0; i < length && i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** The header at the beginning of these octets. Never throws (PP-2). */
export function readProxyHeader(bytes: Uint8Array, at: number, length: number): ProxyHeader | NoProxyHeader {
  if (length === 0) return 'more';
  if (begins(bytes, at, length, SIGNATURE)) return length < SIGNATURE.length ? 'more' : binary(bytes, at, length);
  if (begins(bytes, at, length, WORD)) return length < WORD.length ? 'more' : text(bytes, at, length);
  return 'none';
}

function binary(bytes: Uint8Array, at: number, length: number): ProxyHeader | 'more' | 'bad' {
  if (length > 12 && bytes[at + 12] !== 0x20 && bytes[at + 12] !== 0x21) return 'bad';
  if (length < HEAD) return 'more';
  const family = bytes[at + 13]! >> 4;
  const rest = (bytes[at + 14]! << 8) | bytes[at + 15]!;
  const taken = ADDRESSES[family];
  if (taken === undefined || (bytes[at + 13]! & 15) > 2 || rest < taken || HEAD + rest > MOST_PROXY_HEADER) return 'bad';
  if (length < HEAD + rest) return 'more';
  const tlvs = rest === taken ? NOTHING : bytes.slice(at + HEAD + taken, at + HEAD + rest);
  if (!wholeTlvs(tlvs)) return 'bad';
  const spoken = bytes[at + 12] === 0x21 && (family === 1 || family === 2);
  return { length: HEAD + rest, ends: spoken ? addresses(bytes, at + HEAD, family === 1 ? 4 : 16) : undefined, family, tlvs };
}
function addresses(bytes: Uint8Array, at: number, octets: number): ProxiedEnds {
  const ports = at + 2 * octets;
  const port = (of: number): number => (bytes[of]! << 8) | bytes[of + 1]!;
  return {
    source: bytes.slice(at, at + octets), destination: bytes.slice(at + octets, ports),
    sourcePort: port(ports), destinationPort: port(ports + 2),
  };
}
/** Whether the lengths of these lead to their end. */
function wholeTlvs(tlvs: Uint8Array): boolean {
  let at = 0;
  while (at + 3 <= tlvs.length) at += 3 + ((tlvs[at + 1]! << 8) | tlvs[at + 2]!);
  return at === tlvs.length;
}

function text(bytes: Uint8Array, at: number, length: number): ProxyHeader | 'more' | 'bad' {
  const most = Math.min(length, MOST_TEXT);
  let end = WORD.length;
  while (end < most && bytes[at + end] !== 10) end++;
  if (end === most) return length < MOST_TEXT ? 'more' : 'bad';
  if (bytes[at + end - 1] !== 13) return 'bad';
  const [, kind, source = '', destination = '', from = '', to = '', ...more] =
    latin1(bytes, at, at + end - 1).split(' ');
  if (kind === 'UNKNOWN') return { length: end + 1, ends: undefined, family: 0, tlvs: NOTHING };
  if ((kind !== 'TCP4' && kind !== 'TCP6') || more.length > 0) return 'bad';
  const parse = kind === 'TCP4' ? parseIPv4 : parseIPv6;
  const one = parse(source), other = parse(destination), sourcePort = portOf(from), destinationPort = portOf(to);
  if (one === undefined || other === undefined || sourcePort === undefined || destinationPort === undefined) return 'bad';
  const ends = { source: one, sourcePort, destination: other, destinationPort };
  return { length: end + 1, ends, family: kind === 'TCP4' ? 1 : 2, tlvs: NOTHING };
}
function portOf(text: string): number | undefined {
  const port = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : 65536;
  return port > 65535 ? undefined : port;
}
