// Values of DER (X.690) as certificates and requests for them have them: made, and found in what others made. Knows tags and lengths; knows
// nothing of what they mean but for the few types below.

/** One value: its tag, its length, its contents. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : length < 65536 ? [0x82, length >> 8, length & 255]
    : [0x83, length >> 16, (length >> 8) & 255, length & 255];
  return Buffer.concat([Uint8Array.from([tag, ...size]), body]);
}
/** SEQUENCE. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
/** SET of one value. */
export const setOf = (value: Uint8Array): Buffer => der(0x31, value);
/** INTEGER of a number that is not below 0, given by its octets, the highest first. */
export function integer(...octets: readonly number[]): Buffer {
  const first = Math.max(0, octets.findIndex((octet) => octet !== 0));
  const short = octets.slice(first);
  return der(0x02, Uint8Array.from(short[0] === undefined || short[0]! >= 128 ? [0, ...short] : short));
}
/** OBJECT IDENTIFIER, from its text: `2.5.29.17`. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(sevens)));
}
/** A number in groups of seven bits: all but the last have the highest bit set. */
function sevens(number: number): number[] {
  const groups = [number & 127];
  for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(128 | (left & 127));
  return groups;
}
/** UTF8String. */
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
/** OCTET STRING. */
export const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);
/** BIT STRING of whole octets. */
export const bits = (bytes: Uint8Array): Buffer => der(0x03, Uint8Array.of(0), bytes);
/** BOOLEAN that is true. */
export const yes = (): Buffer => der(0x01, Uint8Array.of(0xff));
/** GeneralizedTime, from milliseconds since 1970. */
export const time = (at: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

/** One value where it lies. */
export interface Element {
  readonly tag: number;
  /** Its contents, a view. */
  readonly body: Uint8Array;
  /** All of it, a view. */
  readonly whole: Uint8Array;
}
/** The values that stand one behind the other. Throws RangeError where they are no DER. */
export function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!, first = bytes[at + 1];
    // Tags of more than one octet stand in no certificate.
    if (first === undefined || (tag & 31) === 31) throw new RangeError('this is no DER');
    let start = at + 2, size = first;
    if (first >= 128) {
      const count = first & 127;
      if (count === 0 || count > 4 || start + count > bytes.length || bytes[start] === 0) throw new RangeError('this is no DER');
      size = 0;
      for (let i = 0; i < count; i++) size = size * 256 + bytes[start + i]!;
      if (size < 128) throw new RangeError('this is no DER');
      start += count;
    }
    const end = start + size;
    if (end > bytes.length) throw new RangeError('this is no DER: it ends early');
    found.push({ tag, body: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return found;
}
