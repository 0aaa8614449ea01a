// A place in the tokens of an expression, and the making of nodes. It keeps the limits: number of nodes, depth of the tree.

import { Fault } from './error.ts';
import type { Lexed } from './lex.ts';
import type { Token, TokenKind } from './token.ts';
import { isToken, tokenName } from './token.ts';
import type { Bare, Node } from './tree.ts';

/** As many nodes as expr-lang allows one expression. */
const maximumNodes = 10_000;
/** Deeper trees would need more stack than is safe. A deviation: expr-lang has no such limit. */
const maximumDepth = 1_000;
/** How far brackets, signs and calls may be nested in the text. */
const maximumNesting = 200;

/** Reads tokens one after the other and makes nodes. Throws a `Fault` where a limit is passed or a token is not the one expected. */
export class Cursor {
  /** The token that is looked at. */
  current: Token;
  private readonly lexed: Lexed;
  private index = 0;
  private nodes = 0;
  private nesting = 0;

  constructor(lexed: Lexed) {
    this.lexed = lexed;
    this.current = this.token();
  }

  /** Goes to the next token. */
  advance(): void {
    this.index += 1;
    this.current = this.token();
  }

  /** Whether the current token is this one. */
  is(kind: TokenKind, value?: string): boolean {
    return isToken(this.current, kind, value);
  }

  /** Goes past the current token, which has to be this one. */
  expect(kind: TokenKind, value?: string): void {
    if (!this.is(kind, value)) this.unexpected();
    this.advance();
  }

  /** Says that the current token may not stand here. */
  unexpected(): never {
    return this.fail(`unexpected token ${tokenName(this.current)}`);
  }

  /** Says what is wrong at the current token, or at another place. */
  fail(reason: string, offset: number = this.current.offset): never {
    throw new Fault(reason, offset);
  }

  /** Steps back to a token seen before. */
  back(): void {
    this.index -= 1;
    this.current = this.token();
  }

  /** Runs `read` one level deeper in the text. */
  nested<T>(read: () => T): T {
    this.nesting += 1;
    if (this.nesting > maximumNesting) this.fail('expression is nested too deeply');
    const result = read();
    this.nesting -= 1;
    return result;
  }

  /** Makes a node of its parts; `children` are the nodes right below it. */
  node(bare: Bare, ...children: readonly (Node | undefined)[]): Node {
    this.nodes += 1;
    if (this.nodes > maximumNodes) this.fail('compilation failed: expression exceeds maximum allowed nodes');
    let depth = 0;
    for (const child of children) if (child !== undefined && child.depth >= depth) depth = child.depth + 1;
    if (depth > maximumDepth) this.fail('expression is nested too deeply');
    return { ...bare, depth } as Node;
  }

  private token(): Token {
    const token = this.lexed.tokens[this.index];
    if (token !== undefined) return token;
    throw this.lexed.fault ?? new Fault('unexpected end of expression', this.lexed.tokens.at(-1)?.offset ?? 0);
  }
}
