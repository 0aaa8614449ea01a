// SHA-1 (RFC 3174) of a few octets: hashed names need it by the hundred thousand, and asking a library for each costs five times as much.
// For names alone; nothing here signs with it.

const words = new Int32Array(80);
const state = new Int32Array(5);

/**
 * Writes the 20 octets of the hash of `length` octets of `bytes` from its beginning to `out` at `to`. `bytes` has room for 72 more, which
 * are overwritten.
 */
export function sha1(bytes: Uint8Array, length: number, out: Uint8Array, to: number): void {
  const blocks = (length + 9 + 63) >> 6;
  const end = blocks << 6;
  bytes[length] = 0x80;
  bytes.fill(0, length + 1, end);
  for (let i = 0, bits = length * 8; i < 4; i++) bytes[end - 1 - i] = bits >>> (i * 8);
  state[0] = 0x67452301;
  state[1] = 0xefcdab89 | 0;
  state[2] = 0x98badcfe | 0;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0 | 0;
  for (let block = 0; block < end; block += 64) add(bytes, block);
  for (let i = 0; i < 5; i++) {
    const word = state[i]!;
    out[to + i * 4] = word >>> 24;
    out[to + i * 4 + 1] = word >>> 16;
    out[to + i * 4 + 2] = word >>> 8;
    out[to + i * 4 + 3] = word;
  }
}

function add(bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++, at += 4) {
    words[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    const word = words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!;
    words[i] = (word << 1) | (word >>> 31);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let i = 0; i < 80; i++) {
    const mixed = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999
      : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
      : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
      : (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + mixed + e + words[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}
