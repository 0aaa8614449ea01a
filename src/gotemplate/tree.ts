// The tree of a template, and how a node prints: as Go prints it in errors and in the label of a failing template.
import { quoted } from '../wording/quote.ts';

/** Something to evaluate. */
export type Operand =
  | { readonly kind: 'bool'; readonly offset: number; readonly value: boolean }
  | { readonly kind: 'number'; readonly offset: number; readonly text: string; readonly value: unknown }
  | { readonly kind: 'string'; readonly offset: number; readonly text: string; readonly value: string }
  | { readonly kind: 'dot'; readonly offset: number }
  | { readonly kind: 'nil'; readonly offset: number }
  | { readonly kind: 'field'; readonly offset: number; readonly names: readonly string[] }
  | VariableNode
  | { readonly kind: 'identifier'; readonly offset: number; readonly name: string }
  | { readonly kind: 'chain'; readonly offset: number; readonly inner: Operand; readonly names: readonly string[] }
  | PipeNode;

/** `$x.a.b`. The slot is where the value of `$x` is kept; undefined where nothing declared it. */
export interface VariableNode {
  readonly kind: 'variable';
  readonly offset: number;
  readonly name: string;
  readonly slot: number | undefined;
  readonly names: readonly string[];
}

/** Operands in a row: a function or a method and what it is given, or one value. */
export interface CommandNode {
  readonly kind: 'command';
  readonly offset: number;
  readonly operands: readonly Operand[];
}

/** Commands, the result of each given to the next; and the variables that take the last result. */
export interface PipeNode {
  readonly kind: 'pipe';
  readonly offset: number;
  readonly assigns: boolean;
  readonly variables: readonly VariableNode[];
  readonly commands: readonly CommandNode[];
}

/** `if`, `with` or `range`. */
export interface ControlNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly offset: number;
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly otherwise: ListNode | undefined;
}

/** Parts in a row. */
export interface ListNode {
  readonly kind: 'list';
  readonly offset: number;
  readonly nodes: readonly Node[];
}

/** A part of a template. */
export type Node =
  | { readonly kind: 'text'; readonly offset: number; readonly text: string }
  | { readonly kind: 'action'; readonly offset: number; readonly pipe: PipeNode }
  | { readonly kind: 'break' | 'continue'; readonly offset: number }
  | { readonly kind: 'template'; readonly offset: number; readonly name: string; readonly pipe: PipeNode | undefined }
  | ControlNode;

/** A template by its name. */
export interface Definition {
  readonly name: string;
  readonly root: ListNode;
}

/** A node as Go prints it. */
export function printNode(node: Node | ListNode | Operand | CommandNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(printNode).join('');
    case 'text':
      return node.text;
    case 'action':
      return `{{${printNode(node.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${quoted(node.name)}${node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.otherwise === undefined ? '' : `{{else}}${printNode(node.otherwise)}`;
      return `{{${node.kind} ${printNode(node.pipe)}}}${printNode(node.list)}${otherwise}{{end}}`;
    }
    case 'pipe':
      return printPipe(node);
    case 'command':
      return node.operands.map(printInner).join(' ');
    default:
      return printOperand(node);
  }
}

function printPipe(pipe: PipeNode): string {
  const variables = pipe.variables.map(printNode).join(', ');
  const declaration = variables === '' ? '' : `${variables} ${pipe.assigns ? '=' : ':='} `;
  return declaration + pipe.commands.map(printNode).join(' | ');
}

function printInner(operand: Operand): string {
  return operand.kind === 'pipe' ? `(${printPipe(operand)})` : printNode(operand);
}

function printOperand(operand: Exclude<Operand, PipeNode>): string {
  switch (operand.kind) {
    case 'bool':
      return String(operand.value);
    case 'number':
    case 'string':
      return operand.text;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'field':
      return operand.names.map((name) => `.${name}`).join('');
    case 'identifier':
      return operand.name;
    case 'chain':
      return printInner(operand.inner) + operand.names.map((name) => `.${name}`).join('');
    default:
      return [operand.name, ...operand.names].join('.');
  }
}
