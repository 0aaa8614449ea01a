// Where in a Corefile a cursor stands: in which line of which block. Knows words and braces; a text that is half written has a place too.
import { lex } from '../corefile/lex.ts';
import type { Word } from '../corefile/lex.ts';

/** A place. */
export interface Spot {
  /** The words of the lines whose braces are open around it, the outermost first: a block's first key, then a plugin's word. */
  readonly around: readonly string[];
  /** The words of its line that stand before it, or begin before it. */
  readonly before: readonly Word[];
  /** The word that it stands in or behind, without a blank between; undefined in a blank. */
  readonly word: Word | undefined;
}

/** The place of a cursor: line from 1, and how many UTF-16 units of the line stand before it. */
export function spotAt(text: string, line: number, units: number): Spot {
  const around: string[] = [];
  const { words } = lex(text, '');
  for (let i = 0; i < words.length;) {
    const { line: here } = words[i]!;
    const end = words.findIndex((word, at) => at >= i && word.line !== here);
    const row = words.slice(i, end < 0 ? words.length : end);
    if (here > line) break;
    if (here === line) {
      const before = row.filter(({ column }) => column - 1 < units);
      const last = before.at(-1);
      const word = last !== undefined && units <= last.column - 1 + last.raw.length ? last : undefined;
      return { around, before, word };
    }
    if (row[0]!.raw === '}') around.pop();
    if (row.at(-1)!.raw === '{') around.push(row[0]!.text);
    i += row.length;
  }
  return { around, before: [], word: undefined };
}
