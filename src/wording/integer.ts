// Reads integers as Go does, with Go's error texts; knows nothing of Corefiles.
import { quoted } from './quote.ts';

/**
 * A decimal integer with an optional sign, as Go's `strconv.Atoi`.
 * @throws Error with Go's text: `strconv.Atoi: parsing "x": invalid syntax` or `value out of range`
 */
export function parseInteger(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw new Error(`strconv.Atoi: parsing ${quoted(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(64, value) !== value) throw new Error(`strconv.Atoi: parsing ${quoted(text)}: value out of range`);
  return Number(value);
}
