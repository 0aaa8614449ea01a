// Who asked, as the system says it: a `sockaddr` in a query's buffer. Knows its bytes; knows neither queries nor sockets.

const AF_INET = 2;

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
