// Parses the tokens of a template into its definitions: text, actions, control structures, nested templates.

import { quoted } from '../wording/quote.ts';
import { lex } from './lex.ts';
import { unquote } from './literal.ts';
import { parsePipe, type Variables } from './pipeline.ts';
import { Source } from './source.ts';
import type { Token } from './token.ts';
import type { ControlNode, Definition, ListNode, Node, PipeNode } from './tree.ts';

/** The template `name` and those it defines, by name. Throws a `TemplateError`. `isFunction` tells which functions there are. */
export function parse(text: string, name: string, isFunction: (name: string) => boolean): ReadonlyMap<string, Definition> {
  const definitions = new Map<string, Definition>();
  const source = new Source(name, lex(text));
  new Parser(source, definitions, isFunction, name).all();
  return definitions;
}

/** What ends a list of parts. */
interface End {
  readonly kind: 'end' | 'else';
}

function isEnd(node: Node | End): node is End {
  return node.kind === 'end' || node.kind === 'else';
}

class Parser {
  private readonly source: Source;
  private readonly definitions: Map<string, Definition>;
  private readonly isFunction: (name: string) => boolean;
  private readonly name: string;
  private readonly variables: Variables = { names: [{ name: '$', slot: 0 }], slots: 1 };
  private ranges = 0;

  constructor(source: Source, definitions: Map<string, Definition>, isFunction: (name: string) => boolean, name: string) {
    this.source = source;
    this.definitions = definitions;
    this.isFunction = isFunction;
    this.name = name;
  }

  /** Reads the whole text. */
  all(): void {
    const { source } = this;
    const nodes: Node[] = [];
    while (source.peek().kind !== 'end of file') {
      const mark = source.mark();
      if (source.next().kind === 'left delimiter' && source.nextPlain().kind === 'define') {
        this.definition();
        continue;
      }
      source.reset(mark);
      const node = this.textOrAction();
      if (isEnd(node)) source.fail(`unexpected {{${node.kind}}}`);
      else nodes.push(node);
    }
    this.add({ kind: 'list', offset: 0, nodes });
  }

  private definition(): void {
    const { source } = this;
    const token = source.expect('define clause', 'string', 'raw string');
    const name = unquote(token.text) ?? source.fail('invalid syntax');
    source.expect('define clause', 'right delimiter');
    new Parser(source, this.definitions, this.isFunction, name).body('define clause');
  }

  /** Reads the parts of a nested template up to its end. */
  private body(context: string): void {
    const { list, end } = this.source.nested(() => this.list());
    if (end.kind !== 'end') this.source.fail(`unexpected {{else}} in ${context}`);
    this.add(list);
  }

  private add(root: ListNode): void {
    const before = this.definitions.get(this.name);
    if (before === undefined || isEmpty(before.root)) {
      this.definitions.set(this.name, { name: this.name, root });
    } else if (!isEmpty(root)) {
      this.source.fail(`template: multiple definition of template ${quoted(this.name)}`);
    }
  }

  private list(): { list: ListNode; end: End } {
    const { source } = this;
    const nodes: Node[] = [];
    const { offset } = source.peekPlain();
    while (source.peekPlain().kind !== 'end of file') {
      const node = this.textOrAction();
      if (isEnd(node)) return { list: { kind: 'list', offset, nodes }, end: node };
      nodes.push(node);
    }
    return source.fail('unexpected EOF');
  }

  private textOrAction(): Node | End {
    const { source } = this;
    const token = source.nextPlain();
    if (token.kind === 'text') return { kind: 'text', offset: token.offset, text: token.text };
    if (token.kind !== 'left delimiter') return source.unexpected(token, 'input');
    source.actionLine = token.line;
    const node = source.nested(() => this.action());
    source.actionLine = 0;
    return node;
  }

  private action(): Node | End {
    const { source } = this;
    const mark = source.mark();
    const token = source.nextPlain();
    switch (token.kind) {
      case 'block':
        return this.block();
      case 'break':
      case 'continue':
        return this.jump(token.kind, token.offset);
      case 'else':
        return this.otherwise();
      case 'end':
        source.expect('end', 'right delimiter');
        return { kind: 'end' };
      case 'if':
      case 'range':
      case 'with':
        return this.control(token.kind);
      case 'template':
        return this.template();
      default:
        source.reset(mark);
    }
    const { offset } = source.peekPlain();
    return { kind: 'action', offset, pipe: this.pipe('command') };
  }

  private pipe(context: string): PipeNode {
    return parsePipe(this.source, this.variables, this.isFunction, context, 'right delimiter');
  }

  private jump(kind: 'break' | 'continue', offset: number): Node {
    this.source.expect(`{{${kind}}}`, 'right delimiter');
    if (this.ranges === 0) this.source.fail(`{{${kind}}} outside {{range}}`);
    return { kind, offset };
  }

  private otherwise(): End {
    const next = this.source.peekPlain().kind;
    if (next !== 'if' && next !== 'with') this.source.expect('else', 'right delimiter');
    return { kind: 'else' };
  }

  private control(kind: ControlNode['kind']): ControlNode {
    const known = this.variables.names.length;
    const pipe = this.pipe(kind);
    if (kind === 'range') this.ranges += 1;
    const { list, end } = this.list();
    if (kind === 'range') this.ranges -= 1;
    const otherwise = end.kind === 'else' ? this.alternative(kind) : undefined;
    this.variables.names.length = known;
    return { kind, offset: pipe.offset, pipe, list, otherwise };
  }

  /** What follows `else`: `if` behind an `if` (or `with` behind a `with`) takes its `end` along. */
  private alternative(kind: ControlNode['kind']): ListNode {
    const { source } = this;
    const next = source.peek();
    if ((kind === 'if' || kind === 'with') && next.kind === kind) {
      source.next();
      return { kind: 'list', offset: next.offset, nodes: [source.nested(() => this.control(kind))] };
    }
    const { list, end } = this.list();
    if (end.kind !== 'end') source.fail('expected end; found {{else}}');
    return list;
  }

  private block(): Node {
    const token = this.source.nextPlain();
    const name = this.templateName(token, 'block clause');
    const pipe = this.pipe('block clause');
    new Parser(this.source, this.definitions, this.isFunction, name).body('block clause');
    return { kind: 'template', offset: token.offset, name, pipe };
  }

  private template(): Node {
    const { source } = this;
    const token = source.nextPlain();
    const name = this.templateName(token, 'template clause');
    if (source.peekPlain().kind !== 'right delimiter')
      return { kind: 'template', offset: token.offset, name, pipe: this.pipe('template clause') };
    source.next();
    return { kind: 'template', offset: token.offset, name, pipe: undefined };
  }

  private templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw string') this.source.unexpected(token, context);
    return unquote(token.text) ?? this.source.fail('invalid syntax');
  }
}

/** Whether a template has nothing but white space. */
function isEmpty(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
