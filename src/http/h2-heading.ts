// The heads of replies as HTTP/2 says them: laid out once, but for the length of the body. Knows HPACK's literals.
import type { Heading } from './exchange.ts';
import { block } from './hpack.ts';

/** Content-length as a literal without a table (its name is 28 of the static one), and its digits. */
const lengthField = Buffer.of(0x0f, 0x0d, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** A heading as HTTP/2 says it, laid out once. */
export const blockOf = (heading: Heading): Buffer => (heading.block ??= block([
  ...(heading.status === 0 ? [] : [[':status', String(heading.status)] as const]),
  ...heading.fields.map(([name, value]) => [name.toLowerCase(), value] as const),
]));

/** The field that says how long a body is; valid until it is asked for again. */
export function lengthOf(length: number): Uint8Array {
  let digits = 1;
  for (let rest = length; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  lengthField[2] = digits;
  for (let at = 2 + digits, rest = length; at > 2; at--, rest = Math.floor(rest / 10)) lengthField[at] = 48 + rest % 10;
  return lengthField.subarray(0, 3 + digits);
}
