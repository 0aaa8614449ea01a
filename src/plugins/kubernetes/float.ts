// Reads a number with a fraction as Go does. Knows nothing of what it counts.
import { quoted } from '../../wording/quote.ts';

const DIGITS = '[0-9]+(?:_[0-9]+)*';
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, 'i');
const WORD = /^([+-]?)(?:inf|infinity)$|^nan$/i;

/**
 * A decimal number of single precision as Go's `strconv.ParseFloat`, infinity and NaN among them; hexadecimal ones are not taken.
 * @throws Error with Go's text: `strconv.ParseFloat: parsing "x": invalid syntax` or `value out of range`
 */
export function parseFloat32(text: string): number {
  const word = WORD.exec(text);
  if (word !== null) return word[1] === undefined ? Number.NaN : Number(`${word[1]}Infinity`);
  if (!DECIMAL.test(text)) throw new Error(`strconv.ParseFloat: parsing ${quoted(text)}: invalid syntax`);
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(Math.fround(value))) throw new Error(`strconv.ParseFloat: parsing ${quoted(text)}: value out of range`);
  return value;
}
