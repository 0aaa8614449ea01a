// A short text for a long one: the same for the same text in every thread and every process, and another one for any other that comes up.
// Knows text. Whoever writes a configuration writes it for himself, so nothing has to withstand one who looks for two alike.
import { Hash } from '../../store/hash.ts';

/** Four functions that have nothing to do with each other. */
const HASHES = [1, 2, 3, 4].map((key) => new Hash(Math.imul(key, 0x9e3779b1), Math.imul(key, 0x85ebca77)));

/** 128 bits of a text, as 31 characters at most. Cryptography is not loaded for it: 5 ms of a start and 2 MB of each thread. */
export function digest(text: string): string {
  const words = new Int32Array(1 + ((text.length + 1) >> 1));
  words[0] = text.length;
  for (let i = 0; i < text.length; i++) words[1 + (i >> 1)]! |= text.charCodeAt(i) << ((i & 1) * 16);
  return HASHES.map((hash) => (hash.of(words, 0, words.length) >>> 0).toString(36)).join('.');
}
