// The heads of replies as HTTP/3 says them: laid out once, but for the length of the body. Knows QPACK's literals.
import type { Heading } from './exchange.ts';
import { section } from './qpack.ts';

/** A heading as HTTP/3 says it, laid out once. */
export const sectionOf = (heading: Heading): Buffer => (heading.section ??= section([
  ...(heading.status === 0 ? [] : [[':status', String(heading.status)] as const]),
  ...heading.fields.map(([name, value]) => [name.toLowerCase(), value] as const),
]));

/** Bytes of the field that says how long a body is. */
export const lengthFieldSize = (length: number): number => {
  let digits = 1;
  for (let rest = length; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return 2 + digits;
};
/** Writes that field, a literal whose name is 4 in the static table, of `size` bytes. Returns where it ends. */
export function putLengthField(bytes: Uint8Array, at: number, length: number, size: number): number {
  bytes[at] = 0x54;
  bytes[at + 1] = size - 2;
  for (let to = at + size - 1, rest = length; to > at + 1; to--, rest = Math.floor(rest / 10)) bytes[to] = 48 + rest % 10;
  return at + size;
}
