// The tokens of a template: their kinds, and how an error names one.
import { quoted } from '../wording/quote.ts';

/** The kinds of token. A keyword is its own kind. */
export type TokenKind =
  | 'error'
  | 'end of file'
  | 'text'
  | 'left delimiter'
  | 'right delimiter'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'left paren'
  | 'right paren'
  | 'string'
  | 'raw string'
  | 'character'
  | 'number'
  | 'complex'
  | 'bool'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'punctuation'
  | Keyword;

/** The words with a meaning of their own. `.` and `nil` are among them, as in Go. */
export type Keyword = (typeof keywords)[number];

const keywords = ['.', 'block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'nil', 'template', 'with'] as const;

/** Whether a word is a keyword. */
export function isKeyword(word: string): word is Keyword {
  return (keywords as readonly string[]).includes(word);
}

/** One token: its text as written, where it begins (UTF-16 units) and on which line (from 1). */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
  readonly line: number;
}

const encoder = new TextEncoder();

/** The token as an error names it: `"x"`, `<end>`, `EOF`. */
export function tokenName(token: Token): string {
  if (token.kind === 'end of file') return 'EOF';
  if (token.kind === 'error') return token.text;
  if (isKeyword(token.kind)) return `<${token.text}>`;
  // Ten octets fit; of a longer one there are ten characters.
  return encoder.encode(token.text).length > 10 ? `${quoted([...token.text].slice(0, 10).join(''))}...` : quoted(token.text);
}
