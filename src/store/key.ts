// The key under which a store keeps what belongs to a name and type: the same words that `Query.makeKey` makes of a question.
// Knows names as wire text and words; knows no store.
import { hashWords } from './hash.ts';

const IN = 1;

/** Room for one key, filled again and again: for whoever writes stores. */
export class Key {
  readonly words = new Int32Array(72);
  /** Bytes of the key that was made last, and its hash. */
  length = 0;
  hash = 0;
  readonly #bytes = new Uint8Array(this.words.buffer);

  /** The key of a lower-case wire name (`Name.key`) and a type, in class IN. */
  of(name: string, type: number, klass: number = IN): this {
    const rest = name.length & 3;
    const n = (name.length >> 2) + (rest === 0 ? 0 : 1);
    this.words[n - 1] = 0;
    for (let i = 0; i < name.length; i++) this.#bytes[i] = name.charCodeAt(i);
    this.words[n] = type | (klass << 16);
    this.length = (n + 1) * 4;
    this.hash = hashWords(this.words, 0, n + 1);
    return this;
  }
}
