// Names from text to wire form, octet by octet (RFC 1035 section 5.1). Knows labels and escapes, nothing of records.

const DOT = 0x2e;
const BACKSLASH = 0x5c;
const AT = 0x40;
const QUOTE = 0x22;

/**
 * Writes the name whose text is `bytes[from..end)` at `at` of `out`: absolute, uncompressed, letters as they are. A relative one ends in
 * `origin`, `@` is the origin. Returns the octet behind it; -1 where the text is no name.
 */
export function writeName(bytes: Uint8Array, from: number, end: number, origin: Uint8Array, out: Uint8Array, at: number): number {
  const first = bytes[from];
  if (end - from === 1) {
    if (first === AT) return append(origin, out, at, at);
    if (first === DOT) {
      out[at] = 0;
      return at + 1;
    }
  }
  if (first === QUOTE || end <= from || end - from > 1020) return -1;
  const start = at;
  let mark = at++;
  for (let p = from; p < end; p++) {
    let octet = bytes[p] as number;
    if (octet === DOT) {
      const length = at - mark - 1;
      if (length === 0 || length > 63) return -1;
      out[mark] = length;
      mark = at++;
      continue;
    }
    if (octet === BACKSLASH) {
      octet = escaped(bytes, p, end);
      if (octet < 0) return -1;
      p += octet > 0xff ? 3 : 1;
    }
    out[at++] = octet;
  }
  const length = at - mark - 1;
  if (length > 63) return -1;
  out[mark] = length;
  if (length > 0) return append(origin, out, at, start);
  return at - start > 255 ? -1 : at;
}

function append(origin: Uint8Array, out: Uint8Array, at: number, start: number): number {
  const { length } = origin;
  if (at + length - start > 255) return -1;
  for (let i = 0; i < length; i++) out[at + i] = origin[i] as number;
  return at + length;
}

/**
 * What the escape means whose backslash stands at `at`: an octet; plus 256 where it was written with three digits; -1 where it is none.
 * Only the low eight bits are the octet.
 */
export function escaped(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  const first = (bytes[at + 1] as number) - 0x30;
  if (at + 3 >= end || first < 0 || first > 9) return bytes[at + 1] as number;
  const second = (bytes[at + 2] as number) - 0x30;
  const third = (bytes[at + 3] as number) - 0x30;
  if (second < 0 || second > 9 || third < 0 || third > 9) return bytes[at + 1] as number;
  const octet = first * 100 + second * 10 + third;
  return octet > 0xff ? -1 : octet + 0x100;
}
