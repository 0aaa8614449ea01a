// A limit of a listener, as words such as `https` and `grpc_server` have it: a number that stands once in a block, 0 being none. Knows
// lines of a Corefile.
import type { Directive } from '../../corefile/directive.ts';

/** Reads limits, each once. */
export class LimitReader {
  readonly #limits = new Map<string, number>();

  /** Takes the number of a line, such as `max_streams 100`. Refuses in CoreDNS's words; `least` is 0, or 1 where there is no "no limit". */
  read(line: Directive, most = Infinity, least: 0 | 1 = 0): void {
    const { word } = line;
    if (this.#limits.has(word)) line.fail(`${word} already defined for this server block`);
    const text = line.arg();
    const limit = line.number(text, (reason) => line.fail(`invalid ${word} value '${text}': ${reason}`));
    if (limit < least) line.fail(`${word} must be a ${least === 0 ? 'non-negative' : 'positive'} integer: ${limit}`);
    if (limit > most) line.fail(`${word} must not exceed ${most}: ${limit}`);
    line.bare();
    this.#limits.set(word, limit);
  }
  /** What was read for a word. */
  get(word: string): number | undefined {
    return this.#limits.get(word);
  }
}
