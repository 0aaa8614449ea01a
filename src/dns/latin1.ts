// Octets as strings in which each character is one octet (0 to 255), and back. Knows nothing of DNS.

const encoder = new TextEncoder();

type Slice = (this: Uint8Array, start: number, end: number) => string;

/** Node's own, where there is one: the same string in a third of the time. */
const native = (globalThis as { Buffer?: { prototype: { latin1Slice?: Slice } } }).Buffer?.prototype.latin1Slice;

/** The octets of `bytes` from `at` up to `end`, as far as there are any, as a string, one character (0 to 255) for each. */
export function latin1(bytes: Uint8Array, at: number, end: number): string {
  const { length } = bytes;
  if (native === undefined) return latin1Portable(bytes, at, end);
  return native.call(bytes, at > length ? length : at, end > length ? length : end);
}

/** As `latin1`, of nothing but the language. */
export function latin1Portable(bytes: Uint8Array, at: number, end: number): string {
  let text = '';
  for (let i = at; i < end && i < bytes.length; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

/** Writes each character of `text` (0 to 255) as one octet at `at`; the caller has made room. Returns the offset behind it. */
export function writeLatin1(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** The octets of a string in which each character is one octet. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeLatin1(text, bytes, 0);
  return bytes;
}

/** The UTF-8 octets of a text for people, as a string in which each character is one octet. ASCII stays as it is. */
export function octets(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) {
      const bytes = encoder.encode(text);
      return latin1(bytes, 0, bytes.length);
    }
  }
  return text;
}
