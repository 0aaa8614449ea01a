// The tokens of an expression. It knows their kinds and how a token is named in an error, nothing of their grammar.
import { quoted } from '../wording/quote.ts';

/** The kinds of token. */
export type TokenKind = 'Identifier' | 'Number' | 'String' | 'Bytes' | 'Operator' | 'Bracket' | 'EOF';

/** One token. `value` is the text, or for strings what the text stands for. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  /** Where it begins, in UTF-16 units from the start of the source. */
  readonly offset: number;
}

/** Whether `token` is of `kind` and, where one is given, has that value. */
export function isToken(token: Token, kind: TokenKind, value?: string): boolean {
  return token.kind === kind && (value === undefined || token.value === value);
}

/** The token as an error names it: `Operator("==")`, `EOF`. */
export function tokenName(token: Token): string {
  return token.value === '' ? token.kind : `${token.kind}(${quoted(token.value)})`;
}
