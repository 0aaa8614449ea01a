// Who asked, as the system says it: a `sockaddr` in a query's buffer. Knows its bytes; knows neither queries nor sockets.

import { parseIPv4, parseIPv6, printAddress } from '../../dns/address.ts';

/** Where in a peer's record lie: the length of the `sockaddr`, an `in6_pktinfo` or `in_pktinfo`, and which of them it is. */
export const PEER_SIZE = 28, PEER_INFO = 32, PEER_KIND = 56;
/** What `PEER_KIND` says where the address that was asked is known. */
export const ASKED_IPV6 = 1, ASKED_IPV4 = 2;

/** Address families of Linux. */
const AF_INET = 2, AF_INET6 = 10;

/** Whether the address of an IPv6 `sockaddr` is an IPv4 one in disguise (`::ffff:192.0.2.1`). */
function mapped(bytes: Uint8Array, words: Int32Array, peerAt: number): boolean {
  const first = (peerAt + 8) >> 2;
  return words[first] === 0 && words[first + 1] === 0 && bytes[peerAt + 16] === 0 && bytes[peerAt + 17] === 0
    && bytes[peerAt + 18] === 255 && bytes[peerAt + 19] === 255;
}

/** Whether the peer's address is an IPv4 one, an IPv4-mapped one among them. */
export const isIPv4 = (bytes: Uint8Array, words: Int32Array, peerAt: number): boolean =>
  bytes[peerAt] === AF_INET || mapped(bytes, words, peerAt);

/** Offset of the peer's address: 4 bytes where `isIPv4` says so, else 16. */
export function addressAt(bytes: Uint8Array, words: Int32Array, peerAt: number): number {
  if (bytes[peerAt] === AF_INET) return peerAt + 4;
  return mapped(bytes, words, peerAt) ? peerAt + 20 : peerAt + 8;
}

/**
 * The address that a datagram was sent to, as text, where the socket serves several (`in_pktinfo`: RFC 3542 section 6.1, ip(7)); undefined
 * where it serves one.
 */
function sentTo(bytes: Uint8Array, words: Int32Array, peerAt: number): string | undefined {
  const kind = words[(peerAt + PEER_KIND) >> 2];
  const at = peerAt + PEER_INFO;
  if (kind === ASKED_IPV4) return printAddress(bytes.subarray(at + 8, at + 12));
  return kind === ASKED_IPV6 ? printAddress(bytes.subarray(at, at + 16)) : undefined;
}

/** A question as far as it says where it went. */
interface Asked {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly peerAt: number;
  readonly channel: { readonly localAddress: string };
}
/** Our own address, as text: the one that was asked, also where the socket has several. */
export const askedAddress = ({ bytes, words, peerAt, channel }: Asked): string => sentTo(bytes, words, peerAt) ?? channel.localAddress;

/** The client of a question as whoever only tells of it reads it: the answer is nobody's alone because of that (witness.ts). */
interface Peer {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly peerAt: number;
}
/** Offset of its address. */
export const toldAt = ({ bytes, words, peerAt }: Peer): number => addressAt(bytes, words, peerAt);
/** Bytes of its address. */
export const toldLength = ({ bytes, words, peerAt }: Peer): 4 | 16 => (isIPv4(bytes, words, peerAt) ? 4 : 16);
/** Its port. */
export const toldPort = ({ bytes, peerAt }: Peer): number => (bytes[peerAt + 2]! << 8) | bytes[peerAt + 3]!;
/** Its address as text. */
export const toldAddress = (peer: Peer): string => printAddress(peer.bytes.subarray(toldAt(peer), toldAt(peer) + toldLength(peer)));

/** Writes a peer record at `at`: the sockaddr of this address and port, its length, and that nothing is known of where it came to. */
export function writePeer(bytes: Uint8Array, at: number, address: string, port: number): void {
  bytes.fill(0, at, at + 64);
  const text = address.includes('%') ? address.slice(0, address.indexOf('%')) : address;
  const octets = parseIPv4(text) ?? parseIPv6(text);
  if (octets === undefined) return;
  bytes[at] = octets.length === 4 ? AF_INET : AF_INET6;
  bytes[at + 2] = port >> 8;
  bytes[at + 3] = port & 255;
  bytes.set(octets, at + (octets.length === 4 ? 4 : 8));
  bytes[at + PEER_SIZE] = octets.length === 4 ? 16 : 28;
}
