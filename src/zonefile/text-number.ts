// Numbers, times and addresses from text, octet by octet. Knows digits, nothing of records. Each gives -1 where the text is none, or is
// written in a way that the field's own parser has to look at.

const DOT = 0x2e;
const COLON = 0x3a;

/** A decimal number of at most `max`; -1 where it is none. */
export function readNumber(bytes: Uint8Array, from: number, end: number, max: number): number {
  if (end <= from || end - from > 15) return -1;
  let value = 0;
  for (let p = from; p < end; p++) {
    const digit = (bytes[p] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value > max ? -1 : value;
}

/** How many seconds a unit has; 0 where the octet is none. */
function unit(octet: number): number {
  switch (octet | 0x20) {
    case 0x73: return 1;
    case 0x6d: return 60;
    case 0x68: return 3600;
    case 0x64: return 86400;
    case 0x77: return 604800;
    default: return 0;
  }
}

/** A time to live in seconds, plain or with units as in `1h30m` (LIBD-5); -1 where it is none, or above 32 bits. */
export function readTTL(bytes: Uint8Array, from: number, end: number): number {
  if (end <= from || end - from > 40) return -1;
  let total = 0;
  let value = 0;
  for (let p = from; p < end; p++) {
    const octet = bytes[p] as number;
    const digit = octet - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      continue;
    }
    const seconds = octet > 0x40 ? unit(octet) : 0;
    if (seconds === 0) return -1;
    total += value * seconds;
    value = 0;
  }
  total += value;
  return total > 0xffffffff ? -1 : total;
}

const DAYS = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Seconds since 1970 modulo 2^32 of `YYYYMMDDHHmmSS` (RFC 4034 section 3.2); -1 where the text is not that. */
export function readTime(bytes: Uint8Array, from: number, end: number): number {
  if (end - from !== 14) return -1;
  const year = readNumber(bytes, from, from + 4, 9999);
  const month = readNumber(bytes, from + 4, from + 6, 12);
  const day = readNumber(bytes, from + 6, from + 8, 31);
  const hour = readNumber(bytes, from + 8, from + 10, 23);
  const minute = readNumber(bytes, from + 10, from + 12, 59);
  const second = readNumber(bytes, from + 12, end, 59);
  if (year < 1970 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return -1;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (LENGTHS[month - 1] as number) + (leap && month === 2 ? 1 : 0)) return -1;
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const days = (year - 1970) * 365 + leaps + (DAYS[month - 1] as number) + (leap && month > 2 ? 1 : 0) + day - 1;
  return (days * 86400 + hour * 3600 + minute * 60 + second) % 0x100000000;
}

/** Writes the 4 octets of a dotted IPv4 address; 4, or -1 where it is none, also with a leading zero. */
export function writeIPv4(bytes: Uint8Array, from: number, end: number, out: Uint8Array): number {
  let octets = 0;
  let value = -1;
  for (let p = from; p < end; p++) {
    const octet = bytes[p] as number;
    if (octet === DOT) {
      if (value < 0 || octets === 3) return -1;
      out[octets++] = value;
      value = -1;
      continue;
    }
    const digit = octet - 0x30;
    if (digit < 0 || digit > 9 || value === 0) return -1;
    value = (value < 0 ? 0 : value * 10) + digit;
    if (value > 255) return -1;
  }
  if (value < 0 || octets !== 3) return -1;
  out[3] = value;
  return 4;
}

/** Writes the 16 octets of an IPv6 address of hexadecimal groups (RFC 4291 section 2.2); 16, or -1. */
export function writeIPv6(bytes: Uint8Array, from: number, end: number, out: Uint8Array): number {
  let at = 0;
  let gap = -1;
  let value = 0;
  let digits = 0;
  let p = from;
  if (end - from >= 2 && bytes[p] === COLON) {
    if (bytes[p + 1] !== COLON) return -1;
    gap = 0;
    p += 2;
  }
  for (; p < end; p++) {
    const octet = bytes[p] as number;
    if (octet !== COLON) {
      const digit = hexDigit(octet);
      if (digit < 0 || ++digits > 4) return -1;
      value = (value << 4) | digit;
      continue;
    }
    if (digits === 0 || at > 14) return -1;
    out[at++] = value >> 8;
    out[at++] = value;
    value = digits = 0;
    if (p + 1 === end) return -1;
    if (bytes[p + 1] === COLON) {
      if (gap >= 0) return -1;
      gap = at;
      p++;
    }
  }
  if (digits > 0) {
    if (at > 14) return -1;
    out[at++] = value >> 8;
    out[at++] = value;
  }
  if (gap < 0) return at === 16 ? 16 : -1;
  if (at > 14) return -1;
  const behind = at - gap;
  for (let i = 1; i <= behind; i++) out[16 - i] = out[at - i] as number;
  out.fill(0, gap, 16 - behind);
  return 16;
}

/** The value of a hexadecimal digit; -1 where the octet is none. */
export function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return octet >= 0x41 && letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
