// Reads a number with a fraction as Go does. Knows nothing of what it counts.
import { quoted } from './quote.ts';

const DIGITS = '[0-9]+(?:_[0-9]+)*';
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, 'i');
const WORD = /^([+-]?)(?:inf|infinity)$|^nan$/i;

/**
 * A decimal number as Go's `strconv.ParseFloat` of so many bits, infinity and NaN among them; hexadecimal ones are not taken.
 * @throws Error with Go's text: `strconv.ParseFloat: parsing "x": invalid syntax` or `value out of range`
 */
export function parseFloating(text: string, bits: 32 | 64): number {
  const word = WORD.exec(text);
  if (word !== null) return word[1] === undefined ? Number.NaN : Number(`${word[1]}Infinity`);
  if (!DECIMAL.test(text)) throw new Error(`strconv.ParseFloat: parsing ${quoted(text)}: invalid syntax`);
  const value = Number(text.replaceAll('_', ''));
  const kept = bits === 32 ? Math.fround(value) : value;
  if (!Number.isFinite(kept)) throw new Error(`strconv.ParseFloat: parsing ${quoted(text)}: value out of range`);
  return value;
}
