// Parses pipelines: variables, commands, operands. A variable is given a slot where it is declared.

import { quoted } from '../wording/quote.ts';
import { characterCode, parseNumber, unquote } from './literal.ts';
import type { Source } from './source.ts';
import type { Token, TokenKind } from './token.ts';
import { type CommandNode, type Operand, type PipeNode, printNode, type VariableNode } from './tree.ts';

/** The variables that can be named here, the innermost last, and how many slots they all need. */
export interface Variables {
  readonly names: { name: string; slot: number }[];
  slots: number;
}

/** A pipeline up to and with the token `end`. Throws a `TemplateError`. */
export function parsePipe(
  source: Source,
  variables: Variables,
  isFunction: (name: string) => boolean,
  context: string,
  end: TokenKind,
): PipeNode {
  return new PipeParser(source, variables, isFunction).pipe(context, end);
}

/** Operands that begin a command but can be given nothing. */
const VALUES: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);

const STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'character',
  'complex',
  '.',
  'field',
  'identifier',
  'number',
  'nil',
  'raw string',
  'string',
  'variable',
  'left paren',
]);

class PipeParser {
  private readonly source: Source;
  private readonly variables: Variables;
  private readonly isFunction: (name: string) => boolean;
  /** Names that the pipelines being read will declare. */
  private readonly pending: string[] = [];

  constructor(source: Source, variables: Variables, isFunction: (name: string) => boolean) {
    this.source = source;
    this.variables = variables;
    this.isFunction = isFunction;
  }

  pipe(context: string, end: TokenKind): PipeNode {
    const { source } = this;
    const { offset } = source.peekPlain();
    const { tokens, assigns } = this.declarations(context);
    // The commands still see a variable of that name that was declared before.
    this.pending.push(...tokens.map((token) => token.text));
    const commands: CommandNode[] = [];
    for (;;) {
      const token = source.peekPlain();
      if (token.kind === end) break;
      if (!STARTS.has(token.kind)) source.unexpected(token, context);
      commands.push(this.command());
    }
    source.next();
    this.pending.length -= tokens.length;
    const variables = tokens.map((token) => this.newVariable(token, assigns));
    if (commands.length === 0) source.fail(`missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      if (index > 0 && VALUES.has(command.operands[0]?.kind ?? '')) source.fail(`non executable command in pipeline stage ${index + 1}`);
    }
    return { kind: 'pipe', offset, assigns, variables, commands };
  }

  /** `$x :=`, `$x =` or, behind `range`, `$i, $x :=`. */
  private declarations(context: string): { tokens: Token[]; assigns: boolean } {
    const { source } = this;
    const found: Token[] = [];
    let assigns = false;
    for (;;) {
      const mark = source.mark();
      const token = source.peekPlain();
      if (token.kind !== 'variable') break;
      source.next();
      const next = source.peekPlain();
      if (next.kind === 'assign' || next.kind === 'declare') {
        source.next();
        assigns = next.kind === 'assign';
        found.push(token);
        break;
      }
      if (next.kind !== 'punctuation' || next.text !== ',') {
        source.reset(mark);
        break;
      }
      source.next();
      found.push(token);
      if (context !== 'range' || found.length > 1) source.fail(`too many declarations in ${context}`);
      const follows = source.peekPlain().kind;
      if (!['variable', 'right delimiter', 'right paren'].includes(follows)) source.fail('range can only initialize variables');
    }
    return { tokens: found, assigns };
  }

  private newVariable({ text: name, offset }: Token, assigns: boolean): VariableNode {
    if (assigns) return { kind: 'variable', offset, name, slot: this.slotOf(name), names: [] };
    const slot = this.variables.slots;
    this.variables.slots += 1;
    this.variables.names.push({ name, slot });
    return { kind: 'variable', offset, name, slot, names: [] };
  }

  private slotOf(name: string): number | undefined {
    return this.variables.names.findLast((variable) => variable.name === name)?.slot;
  }

  private command(): CommandNode {
    const { source } = this;
    const { offset } = source.peekPlain();
    const operands: Operand[] = [];
    for (;;) {
      source.peekPlain();
      const operand = this.operand();
      if (operand !== undefined) operands.push(operand);
      const mark = source.mark();
      const token = source.next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right delimiter' || token.kind === 'right paren') source.reset(mark);
      else if (token.kind !== 'pipe') source.unexpected(token, 'operand');
      break;
    }
    if (operands.length === 0) source.fail('empty command');
    return { kind: 'command', offset, operands };
  }

  private operand(): Operand | undefined {
    const { source } = this;
    const term = this.term();
    if (term === undefined || source.peek().kind !== 'field') return term;
    const { offset } = source.peek();
    const names: string[] = [];
    while (source.peek().kind === 'field') names.push(source.next().text.slice(1));
    if (term.kind === 'field' || term.kind === 'variable') return { ...term, offset, names: [...term.names, ...names] };
    if (VALUES.has(term.kind)) source.fail(`unexpected . after term ${quoted(printNode(term))}`);
    return { kind: 'chain', offset, inner: term, names };
  }

  private term(): Operand | undefined {
    const { source } = this;
    const mark = source.mark();
    const { kind, text, offset } = source.nextPlain();
    switch (kind) {
      case 'identifier':
        if (!this.isFunction(text)) source.fail(`function ${quoted(text)} not defined`);
        return { kind: 'identifier', offset, name: text };
      case '.':
        return { kind: 'dot', offset };
      case 'nil':
        return { kind: 'nil', offset };
      case 'variable':
        if (this.slotOf(text) === undefined && !this.pending.includes(text)) source.fail(`undefined variable ${quoted(text)}`);
        return { kind: 'variable', offset, name: text, slot: this.slotOf(text), names: [] };
      case 'field':
        return { kind: 'field', offset, names: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', offset, value: text === 'true' };
      case 'character':
      case 'complex':
      case 'number':
        return { kind: 'number', offset, text, value: this.number(kind, text) };
      case 'left paren':
        return source.nested(() => this.pipe('parenthesized pipeline', 'right paren'));
      case 'string':
      case 'raw string':
        return { kind: 'string', offset, text, value: unquote(text) ?? source.fail('invalid syntax') };
      default:
        source.reset(mark);
        return undefined;
    }
  }

  private number(kind: 'character' | 'complex' | 'number', text: string): unknown {
    const { source } = this;
    if (kind === 'character') return characterCode(text) ?? source.fail(`malformed character constant: ${text}`);
    if (kind === 'complex' || text.endsWith('i')) source.fail(`complex numbers are not supported: ${quoted(text)}`);
    const value = parseNumber(text);
    if (value === 'too large') source.fail(`integer overflow: ${quoted(text)}`);
    return value ?? source.fail(`illegal number syntax: ${quoted(text)}`);
  }
}
