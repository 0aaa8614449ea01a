// An unsigned integer of at most 64 bits from text, in any base, with Go's rules and words. Knows digits.
import { quoted } from './quote.ts';

/** How many values the widest integer has. */
const TOO_MUCH = 1n << 64n;

/** Every base's prefix, as base 0 reads it. */
const PREFIXES: readonly (readonly [RegExp, number])[] = [
  [/^0b/i, 2],
  [/^0o/i, 8],
  [/^0x/i, 16],
  [/^0(?=.)/, 8],
];

/** The number of a digit in bases up to 36, or 99. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 0x20;
  return lower >= 97 && lower <= 122 ? lower - 87 : 99;
}

/**
 * Go's `strconv.ParseUint(text, base, bits)`: base 0 takes prefixes and underscores, bits 0 is 64. A number where that is exact, a
 * bigint above. Throws Error with Go's text.
 */
export function parseUint(text: string, base: number, bits: number): number | bigint {
  const refuse = (why: string): never => {
    throw new Error(`strconv.ParseUint: parsing ${quoted(text)}: ${why}`);
  };
  if (text === '') refuse('invalid syntax');
  if (base !== 0 && (base < 2 || base > 36)) refuse(`invalid base ${base}`);
  let digits = text;
  let radix = base;
  if (base === 0) [digits, radix] = unprefixed(text) ?? refuse('invalid syntax');
  if (bits < 0 || bits > 64) refuse(`invalid bit size ${bits}`);
  if (digits === '') refuse('invalid syntax');
  let value = 0n;
  for (let i = 0; i < digits.length; i++) {
    const one = digit(digits.charCodeAt(i));
    if (one >= radix) refuse('invalid syntax');
    if (value < TOO_MUCH) value = value * BigInt(radix) + BigInt(one);
  }
  if (value >= 1n << BigInt(bits === 0 ? 64 : bits)) refuse('value out of range');
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The digits and their base; underscores may stand between digits and behind the prefix. undefined where one stands elsewhere. */
function unprefixed(text: string): [string, number] | undefined {
  const [prefix, radix] = PREFIXES.find(([pattern]) => pattern.test(text)) ?? [/^/, 10];
  const rest = text.replace(prefix, '');
  if (/__|_$/.test(rest) || (radix === 10 && rest.startsWith('_'))) return undefined;
  return [rest.replaceAll('_', ''), radix];
}
