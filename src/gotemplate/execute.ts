// Makes a parsed template runnable: text, actions, conditions, loops, calls of other templates.

import { quoted } from '../wording/quote.ts';
import { Fault } from './error.ts';
import { type Evaluate, pipeline, setter } from './evaluate.ts';
import type { TemplateFunction } from './functions.ts';
import type { Run } from './run.ts';
import { type ControlNode, type Definition, type ListNode, type Node, type Operand, type PipeNode, printNode } from './tree.ts';
import { isTrue, kindOf, listOf, sortedEntries, typeName } from './value.ts';
import { printPlain } from './verbs.ts';

/** How a part ended: as it should, or by `break` or `continue`. */
type Outcome = 'done' | 'break' | 'continue';

/** Executes a part. */
type Part = (run: Run, dot: unknown) => Outcome;

/** Executes a whole template with its data. */
export type Execute = (run: Run, data: unknown) => void;

/** Makes all templates runnable, each by its name. They can call each other. */
export function runnable(
  definitions: ReadonlyMap<string, Definition>,
  functions: ReadonlyMap<string, TemplateFunction>,
): ReadonlyMap<string, Execute> {
  const templates = new Map<string, Execute>();
  const maker = new Maker(functions, templates);
  for (const { name, root } of definitions.values()) {
    const part = maker.list(root);
    templates.set(name, (run, data) => {
      try {
        part(run, data);
      } catch (error) {
        if (error instanceof Fault) error.template ??= name;
        throw error;
      }
    });
  }
  return templates;
}

class Maker {
  private readonly functions: ReadonlyMap<string, TemplateFunction>;
  private readonly templates: ReadonlyMap<string, Execute>;

  constructor(functions: ReadonlyMap<string, TemplateFunction>, templates: ReadonlyMap<string, Execute>) {
    this.functions = functions;
    this.templates = templates;
  }

  list(node: ListNode): Part {
    const parts = node.nodes.map((one) => this.part(one));
    return (run, dot) => {
      for (const part of parts) {
        const outcome = part(run, dot);
        if (outcome !== 'done') return outcome;
      }
      return 'done';
    };
  }

  private part(node: Node): Part {
    switch (node.kind) {
      case 'text':
        return (run) => {
          run.write(node.text, node.offset, '');
          return 'done';
        };
      case 'action':
        return this.action(node.pipe);
      case 'break':
      case 'continue':
        return () => node.kind;
      case 'template':
        return this.template(node);
      case 'range':
        return this.range(node);
      default:
        return this.condition(node);
    }
  }

  private pipe(node: PipeNode): Evaluate {
    return pipeline(node, this.functions);
  }

  private action(pipe: PipeNode): Part {
    const evaluate = this.pipe(pipe);
    const context = `{{${printNode(pipe)}}}`;
    const silent = pipe.variables.length > 0;
    return (run, dot) => {
      const value = evaluate(run, dot);
      if (silent) return 'done';
      if (typeof value === 'function') throw new Fault(`can't print ${context} of type ${typeName(value)}`, pipe.offset, context);
      run.write(value === undefined || value === null ? '<no value>' : printPlain(value), pipe.offset, context);
      return 'done';
    };
  }

  private condition(node: ControlNode): Part {
    const evaluate = this.pipe(node.pipe);
    const list = this.list(node.list);
    const otherwise = node.otherwise === undefined ? undefined : this.list(node.otherwise);
    const sets = node.kind === 'with';
    return (run, dot) => {
      const value = evaluate(run, dot);
      if (isTrue(value)) return list(run, sets ? value : dot);
      return otherwise === undefined ? 'done' : otherwise(run, dot);
    };
  }

  private template(node: Extract<Node, { kind: 'template' }>): Part {
    const data = node.pipe === undefined ? () => undefined : this.pipe(node.pipe);
    const context = printNode(node);
    return (run, dot) => {
      const execute = this.templates.get(node.name);
      if (execute === undefined) throw new Fault(`template ${quoted(node.name)} not defined`, node.offset, context);
      run.step(node.offset, context);
      const value = data(run, dot);
      run.enter(value, node.offset, context, () => execute(run, value));
      return 'done';
    };
  }

  private range(node: ControlNode): Part {
    const { variables, ...bare } = node.pipe;
    const evaluate = this.pipe({ ...bare, variables: [] });
    const list = this.list(node.list);
    const otherwise = node.otherwise === undefined ? undefined : this.list(node.otherwise);
    const setters = variables.map(setter);
    const setElement = setters.at(-1);
    const setIndex = setters.length > 1 ? setters[0] : undefined;
    const context = printNode(node);
    const last = node.pipe.commands.at(-1)?.operands.at(-1) ?? node;
    return (run, dot) => {
      let ran = false;
      const pass = (index: unknown, element: unknown): boolean => {
        ran = true;
        run.step(node.offset, context);
        setElement?.(run, element);
        setIndex?.(run, index);
        return list(run, element) !== 'break';
      };
      const value = evaluate(run, dot);
      for (const set of setters) set(run, value);
      each(value, setIndex !== undefined, pass, last);
      return ran || otherwise === undefined ? 'done' : otherwise(run, dot);
    };
  }
}

/** Passes over the elements of a list or map, or over the integers below a number. */
function each(value: unknown, indexed: boolean, pass: (index: unknown, element: unknown) => boolean, node: ControlNode | Operand): void {
  switch (kindOf(value)) {
    case 'invalid':
      return;
    case 'int':
      if (indexed) throw new Fault(`can't use ${printPlain(value)} to iterate over more than one variable`, node.offset, printNode(node));
      for (let index = 0; index < Number(value); index += 1) if (!pass(undefined, index)) return;
      return;
    case 'slice': {
      const list = listOf(value);
      for (let index = 0; index < list.length; index += 1) if (!pass(index, list[index])) return;
      return;
    }
    case 'map':
      for (const [key, element] of sortedEntries(value as ReadonlyMap<unknown, unknown>)) if (!pass(key, element)) return;
      return;
    default:
      throw new Fault(`range can't iterate over ${printPlain(value)}`, node.offset, printNode(node));
  }
}
