// The canonical key of a question as words: its folded name, then type and class. Knows where the name lies in a packet; knows neither
// queries nor maps.
import { fold } from '../../dns/packet.ts';
import { CLASS } from '../../dns/type-name.ts';
import { Key } from '../../store/key.ts';

const another = new Key();

/** Fills a key in a packet's buffer with the wire name of `length` bytes at word `from`; `kind` is the type and the class << 16. */
export function writeKey(key: Key, from: number, length: number, kind: number): void {
  const { words, at: to } = key;
  const whole = length >> 2;
  const rest = length & 3;
  for (let i = 0; i < whole; i++) words[to + i] = fold(words[from + i]!);
  let n = whole;
  // What lies behind the name in its last word does not count.
  if (rest !== 0) words[to + n++] = fold(words[from + whole]! & ((1 << (rest * 8)) - 1));
  words[to + n++] = kind;
  key.reset(n * 4);
}
/** The key of the same name with another type, in class IN. It is filled anew by each call. */
export function withType({ words, at, length }: Key, type: number): Key {
  const name = (length >> 2) - 1;
  for (let i = 0; i < name; i++) another.words[i] = words[at + i]!;
  another.words[name] = type | (CLASS.IN << 16);
  return another.reset(length);
}
