// The canonical key of a question as words: its folded name, then type and class. Knows where the name lies in a packet; knows neither
// queries nor stores.
import { fold } from '../../dns/packet.ts';

/**
 * Writes the key of the wire name of `length` bytes at word `from` to word `to`; `kind`, the type and the class shifted by 16, is its last
 * word. Says how many words it has. What lies behind the name in its last word does not count.
 */
export function writeKey(words: Int32Array, from: number, to: number, length: number, kind: number): number {
  const whole = length >> 2;
  const rest = length & 3;
  for (let i = 0; i < whole; i++) words[to + i] = fold(words[from + i]!);
  let n = whole;
  if (rest !== 0) words[to + n++] = fold(words[from + whole]! & ((1 << (rest * 8)) - 1));
  words[to + n++] = kind;
  return n;
}
