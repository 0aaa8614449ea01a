// A place in the tokens of a template, with a few tokens of looking back, and the wording of parse errors.

import { TemplateError } from './error.ts';
import { type Token, type TokenKind, tokenName } from './token.ts';

/** Actions and parentheses may be nested this deep. A deviation: Go allows more. */
const MAXIMUM_NESTING = 150;

/** Reads tokens. Throws a `TemplateError` where one may not stand. */
export class Source {
  /** The name of the template that errors carry. */
  readonly name: string;
  /** The line on which the action that is read began; 0 between actions. */
  actionLine = 0;
  private readonly tokens: readonly Token[];
  private index = 0;
  private furthest = 0;
  private nesting = 0;

  constructor(name: string, tokens: readonly Token[]) {
    this.name = name;
    this.tokens = tokens;
  }

  /** The token that comes next, white space being one. */
  peek(): Token {
    this.furthest = Math.max(this.furthest, this.index);
    return this.tokens[this.index] ?? (this.tokens.at(-1) as Token);
  }

  /** Goes past the next token. */
  next(): Token {
    const token = this.peek();
    this.index += 1;
    return token;
  }

  /** Goes past white space; the token behind it comes next. */
  peekPlain(): Token {
    while (this.peek().kind === 'space') this.index += 1;
    return this.peek();
  }

  /** Goes past white space and the token behind it. */
  nextPlain(): Token {
    this.peekPlain();
    return this.next();
  }

  /** Remembers a place to come back to. */
  mark(): number {
    return this.index;
  }

  /** Comes back to a place. */
  reset(mark: number): void {
    this.index = mark;
  }

  /** Goes past the next token that is no white space, which has to be one of these. */
  expect(context: string, ...kinds: readonly TokenKind[]): Token {
    const token = this.nextPlain();
    return kinds.includes(token.kind) ? token : this.unexpected(token, context);
  }

  /** Says that a token may not stand where it does. */
  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.fail(`unexpected ${tokenName(token)} in ${context}`);
    const elsewhere = this.actionLine !== 0 && this.actionLine !== token.line;
    const started = elsewhere ? ` started at ${this.name}:${this.actionLine}` : '';
    return this.fail(token.text + (elsewhere && !token.text.endsWith(' action') ? ` in action${started}` : started));
  }

  /** Says what is wrong, on the line of the token read last. */
  fail(reason: string): never {
    const line = (this.tokens[this.furthest] ?? this.tokens.at(-1))?.line ?? 1;
    throw new TemplateError(`template: ${this.name}:${line}: ${reason}`);
  }

  /** Runs `read` one level deeper. */
  nested<T>(read: () => T): T {
    this.nesting += 1;
    if (this.nesting > MAXIMUM_NESTING) this.fail('max expression depth exceeded');
    const result = read();
    this.nesting -= 1;
    return result;
  }
}
