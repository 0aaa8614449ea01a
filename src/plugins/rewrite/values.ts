// Numbers and octets as the words of EDNS rules write them, with Go's error texts. Knows nothing of options.
import { quoted } from '../../wording/quote.ts';

/** Digits with underscores between them, as Go allows them where a prefix says the base. */
const FORMS: readonly (readonly [form: RegExp, prefix: string])[] = [
  [/^0x_?([0-9a-f]+(?:_[0-9a-f]+)*)$/i, '0x'],
  [/^0o_?([0-7]+(?:_[0-7]+)*)$/i, '0o'],
  [/^0b_?([01]+(?:_[01]+)*)$/i, '0b'],
  [/^0_?([0-7]+(?:_[0-7]+)*)$/, '0o'],
  [/^(0|[1-9]\d*(?:_\d+)*)$/, ''],
];

/** A whole number of at most so many bits: decimal, or with a prefix such as `0x`. Throws Error with Go's text. */
export function unsigned(text: string, bits: number): number {
  for (const [form, prefix] of FORMS) {
    const digits = form.exec(text)?.[1];
    if (digits === undefined) continue;
    const value = BigInt(prefix + digits.replaceAll('_', ''));
    if (value < 2n ** BigInt(bits)) return Number(value);
    throw new Error(`strconv.ParseUint: parsing ${quoted(text)}: value out of range`);
  }
  throw new Error(`strconv.ParseUint: parsing ${quoted(text)}: invalid syntax`);
}

/** Octets in hexadecimal. Throws Error with Go's text. */
export function hexOctets(text: string): Uint8Array {
  const wrong = /[^0-9a-fA-F]/u.exec(text)?.[0];
  if (wrong !== undefined) {
    const code = wrong.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    throw new Error(`encoding/hex: invalid byte: U+${code} '${wrong}'`);
  }
  if (text.length % 2 === 1) throw new Error('encoding/hex: odd length hex string');
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
