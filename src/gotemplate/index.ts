// Go's text/template: compiled once, executed for each query (LIBD-13). Data are JavaScript values: a Map is a map, an array a list,
// any other object a struct whose functions are methods, undefined is nil, whole numbers are ints and all other numbers floats; a
// float that may be whole is an object with a number `float64`. Not supported: complex numbers, channels, the verb p.

import { quoted } from '../wording/quote.ts';
import { Fault, locate, TemplateError } from './error.ts';
import { runnable } from './execute.ts';
import { BUILTINS, type TemplateFunction } from './functions.ts';
import { parse } from './parse.ts';
import { Run } from './run.ts';
import { printNode } from './tree.ts';

export { TemplateError } from './error.ts';
export type { TemplateFunction } from './functions.ts';
export { Float, TypedMap } from './value.ts';

/** What a template is compiled with. */
export interface TemplateOptions {
  /** The name that errors carry. */
  readonly name: string;
  /**
   * Functions beside Go's own. A plain function takes exactly as many values as it has parameters. What one throws becomes a
   * `TemplateError`.
   */
  readonly functions?: Readonly<Record<string, TemplateFunction | ((...values: never[]) => unknown)>>;
}

/** A template that can be executed. */
export interface Template {
  /** The template as Go prints its tree: comments gone, space in actions made even. */
  readonly text: string;
  /** The text that the template makes of the data. Throws a `TemplateError`. */
  readonly execute: (data: unknown) => string;
}

/** Parses a template. Throws a `TemplateError` worded as Go's. */
export function compile(source: string, options: TemplateOptions): Template {
  const functions = new Map(BUILTINS);
  for (const [name, entry] of Object.entries(options.functions ?? {})) {
    functions.set(name, typeof entry === 'function' ? { minimum: entry.length, maximum: entry.length, call: entry } : entry);
  }
  const { name } = options;
  const definitions = parse(source, name, (one) => functions.has(one));
  const root = definitions.get(name)?.root;
  const main = runnable(definitions, functions).get(name);
  return {
    text: root === undefined ? '' : printNode(root),
    execute: (data) => {
      const run = new Run();
      run.slots = [data];
      try {
        main?.(run, data);
      } catch (error) {
        throw worded(error, source, name);
      }
      return run.output;
    },
  };
}

function worded(error: unknown, source: string, name: string): unknown {
  if (error instanceof RangeError) return new TemplateError(`template: ${name}: ${error.message}`);
  if (!(error instanceof Fault)) return error;
  const place = locate(source, error.offset);
  return new TemplateError(
    `template: ${name}:${place}: executing ${quoted(error.template ?? name)} at <${error.context}>: ${error.reason}`,
  );
}
