// The expressions of `view` and `template`: the language of expr-lang, checked and made runnable once, then run for each query.
// Values: integers are numbers (bigints where a number is not exact), floats `Float`, lists arrays, maps `Map`, `nil` undefined.
// Not supported: `date` with a layout or a time zone, `timezone`, methods of times beyond the common ones.

import { ExpressionError, Fault } from './error.ts';
import { Frame } from './frame.ts';
import { parse } from './parse.ts';
import type { HostName } from './scope.ts';
import { Scopes } from './scope.ts';
import { translate } from './translate.ts';
import type { Type, TypeName } from './type.ts';
import { erased, functionOf, typeOf } from './type.ts';

export { ExpressionError } from './error.ts';
export { Float } from './integer.ts';
export { isReserved } from './names.ts';
export type { Type, TypeName } from './type.ts';

/** A function that the host lends to expressions. */
export interface ExpressionFunction<Context> {
  readonly parameters: readonly (Type | TypeName)[];
  readonly result: Type | TypeName;
  /** Whether `call` may throw. It shows in how errors name the type. */
  readonly fallible?: boolean;
  /** Computes the result for the context of a run. Integers are numbers. What it throws becomes an `ExpressionError`. */
  readonly call: (context: Context, ...parameters: never[]) => unknown;
}

/** A variable that the host lends to expressions. */
export interface ExpressionVariable<Context> {
  readonly type: Type | TypeName;
  readonly value: (context: Context) => unknown;
}

/** What an expression can name. */
export interface Environment<Context> {
  readonly functions?: Readonly<Record<string, ExpressionFunction<Context>>>;
  readonly variables?: Readonly<Record<string, ExpressionVariable<Context>>>;
  /** Time since 1970 in milliseconds, for `now()`. */
  readonly clock?: () => number;
}

/** An expression that can be run. */
export interface Expression<Context> {
  /** What it gives, as far as that is known before it runs; fit to be the type of a variable. */
  readonly type: Type;
  /** Runs it. Throws an `ExpressionError`. */
  readonly evaluate: (context: Context) => unknown;
}

/**
 * Checks an expression and makes it runnable (LIBD-14). Throws an `ExpressionError` for bad syntax, unknown names and types that
 * do not go together.
 */
export function compile<Context>(source: string, environment: Environment<Context> = {}): Expression<Context> {
  try {
    const host = hostNames(environment);
    const scopes = new Scopes(host, environment.clock ?? Date.now);
    const { type, run } = translate(parse(source, new Set(host.keys())), scopes);
    return { type: erased(type), evaluate: (context) => evaluate(() => run(new Frame(context)), source) };
  } catch (error) {
    throw located(error, source);
  }
}

function evaluate(run: () => unknown, source: string): unknown {
  try {
    return run();
  } catch (error) {
    throw located(error, source);
  }
}

/** A fault with its place; running out of stack or of text length becomes one too. */
function located(error: unknown, source: string): unknown {
  if (error instanceof Fault) return new ExpressionError(error.reason, source, error.offset);
  return error instanceof RangeError ? new ExpressionError(error.message, source, 0) : error;
}

function hostNames<Context>(environment: Environment<Context>): ReadonlyMap<string, HostName> {
  const names = new Map<string, HostName>();
  for (const [name, { parameters, result, fallible = false, call }] of Object.entries(environment.functions ?? {})) {
    const type = functionOf(parameters.map(typeOf), typeOf(result), fallible);
    names.set(name, { kind: 'function', type, fallible, call: (context, ...values) => call(context as Context, ...values) });
  }
  for (const [name, { type, value }] of Object.entries(environment.variables ?? {})) {
    names.set(name, { kind: 'variable', type: typeOf(type), value: (context) => value(context as Context) });
  }
  return names;
}
