// New names that are made of a pattern's groups and of metadata labels (REW-11). Knows how they are written; asks whoever has the labels.
import { matchName } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';
import { quoted } from '../../wording/quote.ts';
import { checkedPattern } from './rewriters.ts';
import { normalized } from './spelling.ts';

/** The value of a label, undefined where it has none. */
type LabelOf = (label: string) => string | undefined;
/** A text, the number of a group, or the name of a label. */
type Piece = string | number | { readonly label: string };

/** `regex FROM TO metadata`: the new name, or undefined where the name is not meant or a label has no value. */
export class Labelled {
  readonly #pattern: Regexp;
  readonly #pieces: readonly Piece[];

  /** Throws Error (REW-11). */
  constructor(from: string, to: string) {
    this.#pattern = checkedPattern(from, '');
    this.#pieces = readPieces(to, this.#pattern.groups);
  }
  make(text: string, labelOf: LabelOf): string | undefined {
    const match = matchName(this.#pattern, text);
    if (match === undefined) return undefined;
    let made = '';
    for (const piece of this.#pieces) {
      const part = typeof piece === 'string' ? piece : typeof piece === 'number' ? match[piece] : labelOf(piece.label)?.toLowerCase();
      // A group may be empty; a label without a value has nothing to say, and the rule neither.
      if (part === undefined || (part === '' && typeof piece === 'object')) return undefined;
      made += part;
    }
    return normalized(made);
  }
}

function readPieces(text: string, groups: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('{', at);
    const literal = text.slice(at, open < 0 ? undefined : open);
    if (literal.includes('}')) throw new Error('unmatched closing brace in metadata name replacement');
    if (literal !== '') pieces.push(literal.toLowerCase());
    if (open < 0) break;
    const close = text.indexOf('}', open);
    if (close < 0) throw new Error('unclosed placeholder in metadata name replacement');
    pieces.push(readPlaceholder(text.slice(open + 1, close), groups));
    at = close + 1;
  }
  return pieces;
}
function readPlaceholder(word: string, groups: number): Piece {
  if (/^\d+$/.test(word)) {
    if (Number(word) > groups) throw new Error(`capture group ${word} does not exist in name matching pattern`);
    return Number(word);
  }
  if (!/^[^/{}]+\/[^{}]+$/.test(word)) throw new Error(`invalid metadata label ${quoted(word)} in name replacement`);
  return { label: word };
}
