// Server cookies as every server with the same secret makes them (RFC 9018): 16 octets of version, time and a hash. Knows octets; knows no
// message and no clock.

/** Octets of a client's cookie, of a server's, and of a secret. */
export const CLIENT_COOKIE = 8, SERVER_COOKIE = 16, COOKIE_SECRET = 16;
/** Seconds: how old a cookie may be, how far in the future, and from which age on there is a new one (section 4.3). */
const OLDEST = 3600, YOUNGEST = -300, RENEWED = 1800;
const VERSION = 1;
/** What is hashed: the client's cookie, version, reserved, time, the client's address. */
const input = new Uint8Array(CLIENT_COOKIE + 8 + 16);

/** What a server cookie is worth. */
export type CookieWorth = 'good' | 'old' | 'bad';

/** SipHash-2-4 of `length` octets of `input`, as its low and high halves (https://131002.net/siphash). */
function sipHash(key: Uint8Array, length: number): readonly [low: number, high: number] {
  const k0 = word(key, 0), k1 = word(key, 4), k2 = word(key, 8), k3 = word(key, 12);
  // v0 to v3, each as low and high half.
  const v = Int32Array.of(
    k0 ^ 0x70736575, k1 ^ 0x736f6d65, k2 ^ 0x6e646f6d, k3 ^ 0x646f7261,
    k0 ^ 0x6e657261, k1 ^ 0x6c796765, k2 ^ 0x79746573, k3 ^ 0x74656462,
  );
  for (let at = 0; at <= length; at += 8) {
    const low = at + 8 <= length ? word(input, at) : tail(at, length);
    const high = at + 8 <= length ? word(input, at + 4) : tail(at + 4, length) | (length << 24);
    v[6]! ^= low;
    v[7]! ^= high;
    for (let i = 0; i < 2; i++) round(v);
    v[0]! ^= low;
    v[1]! ^= high;
  }
  v[4]! ^= 0xff;
  for (let i = 0; i < 4; i++) round(v);
  return [v[0]! ^ v[2]! ^ v[4]! ^ v[6]!, v[1]! ^ v[3]! ^ v[5]! ^ v[7]!];
}
const word = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
/** Up to four octets that are left. */
function tail(at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < 4 && at + i < length; i++) value |= input[at + i]! << (8 * i);
  return value;
}
function round(v: Int32Array): void {
  add(v, 0, 2);
  turn(v, 2, 13);
  mix(v, 2, 0);
  swap(v, 0);
  add(v, 4, 6);
  turn(v, 6, 16);
  mix(v, 6, 4);
  add(v, 0, 6);
  turn(v, 6, 21);
  mix(v, 6, 0);
  add(v, 4, 2);
  turn(v, 2, 17);
  mix(v, 2, 4);
  swap(v, 4);
}
function add(v: Int32Array, to: number, from: number): void {
  const low = (v[to]! >>> 0) + (v[from]! >>> 0);
  v[to] = low;
  v[to + 1]! += v[from + 1]! + (low > 0xffffffff ? 1 : 0);
}
function turn(v: Int32Array, at: number, bits: number): void {
  const low = v[at]!, high = v[at + 1]!;
  v[at] = (low << bits) | (high >>> (32 - bits));
  v[at + 1] = (high << bits) | (low >>> (32 - bits));
}
function mix(v: Int32Array, to: number, from: number): void {
  v[to]! ^= v[from]!;
  v[to + 1]! ^= v[from + 1]!;
}
/** A turn of 32 bits. */
function swap(v: Int32Array, at: number): void {
  const low = v[at]!;
  v[at] = v[at + 1]!;
  v[at + 1] = low;
}

/** Who asks: the octets of the cookie and of the address (4 or 16), where they lie. */
export interface CookieBearer {
  readonly client: Uint8Array;
  readonly address: Uint8Array;
}
/** Hashes what `head` (version, reserved, time: 8 octets) begins. */
function hashed(secret: Uint8Array, { client, address }: CookieBearer, head: Uint8Array): readonly [number, number] {
  input.set(client.subarray(0, CLIENT_COOKIE));
  input.set(head.subarray(0, 8), CLIENT_COOKIE);
  input.set(address, CLIENT_COOKIE + 8);
  return sipHash(secret, CLIENT_COOKIE + 8 + address.length);
}

/** The server cookie of this second (since 1970). */
export function makeServerCookie(secret: Uint8Array, who: CookieBearer, now: number): Uint8Array {
  const cookie = Uint8Array.of(VERSION, 0, 0, 0, now >>> 24, now >>> 16, now >>> 8, now, 0, 0, 0, 0, 0, 0, 0, 0);
  write(cookie, hashed(secret, who, cookie));
  return cookie;
}
function write(cookie: Uint8Array, [low, high]: readonly [number, number]): void {
  for (let i = 0; i < 4; i++) {
    cookie[8 + i] = low >>> (8 * i);
    cookie[12 + i] = high >>> (8 * i);
  }
}
/** What a server cookie is worth now; one that is old is good and to be replaced. Reserved octets are whatever they were (section 4.2). */
export function worthOf(cookie: Uint8Array, secrets: readonly Uint8Array[], who: CookieBearer, now: number): CookieWorth {
  if (cookie.length !== SERVER_COOKIE || cookie[0] !== VERSION) return 'bad';
  const made = (cookie[4]! << 24) | (cookie[5]! << 16) | (cookie[6]! << 8) | cookie[7]!;
  // By the arithmetic of serial numbers (RFC 1982).
  const age = (now - made) | 0;
  if (age > OLDEST || age < YOUNGEST) return 'bad';
  const by = secrets.findIndex((secret) => isSame(cookie, hashed(secret, who, cookie)));
  return by < 0 ? 'bad' : by > 0 || age > RENEWED ? 'old' : 'good';
}
function isSame(cookie: Uint8Array, [low, high]: readonly [number, number]): boolean {
  return ((word(cookie, 8) ^ low) | (word(cookie, 12) ^ high)) === 0;
}
