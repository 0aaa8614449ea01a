// `var` and `expr` of a stanza (TPL-3): compiled in the order of the Corefile, run for each query that its name matches. Knows
// expressions; knows nothing of answers.
import { compile, isReserved } from '../../expression/index.ts';
import type { Expression, ExpressionFunction, ExpressionVariable } from '../../expression/index.ts';
import type { Query } from '../../kernel/query/query.ts';
import { queryFunctions } from '../../kernel/query/query-functions.ts';
import type { Asked } from '../../kernel/query/query-functions.ts';
import type { TemplateData } from './data.ts';

/** What expressions run for. */
interface Context extends Asked {
  readonly data: TemplateData;
  readonly values: ReadonlyMap<string, unknown>;
}

/** What came of the conditions: the query is answered, or it is not for this stanza, or a value could not be had. */
export type Verdict = 'holds' | 'fails' | 'broken';

/** `group(n)` and `group("name")`: a group of the pattern, '' where it has none. */
const group: ExpressionFunction<Context> = {
  parameters: ['any'],
  result: 'string',
  call: ({ data }: Context, which: unknown) =>
    (typeof which === 'number' || typeof which === 'string' ? data.Group.get(String(which)) ?? '' : ''),
};

/** The variables and conditions of one stanza. */
export class Conditions {
  readonly #functions: Record<string, ExpressionFunction<Context>> = { ...queryFunctions(), group };
  readonly #names: Record<string, ExpressionVariable<Context>> = {};
  readonly #variables: (readonly [name: string, expression: Expression<Context>])[] = [];
  readonly #required: Expression<Context>[] = [];

  get empty(): boolean {
    return this.#variables.length === 0 && this.#required.length === 0;
  }
  /** Whether a variable cannot have the name: the language, the functions or a variable before have it. */
  isTaken(name: string): boolean {
    return isReserved(name) || Object.hasOwn(this.#functions, name) || Object.hasOwn(this.#names, name);
  }
  #compile(source: string): Expression<Context> {
    return compile<Context>(source, { functions: this.#functions, variables: this.#names });
  }
  /** Adds a variable, which later expressions may name. Throws ExpressionError. */
  variable(name: string, source: string): void {
    const expression = this.#compile(source);
    this.#names[name] = { type: expression.type, value: ({ values }) => values.get(name) };
    this.#variables.push([name, expression]);
  }
  /** Adds a condition. Throws ExpressionError. */
  require(source: string): void {
    this.#required.push(this.#compile(source));
  }

  /** Computes the variables, which templates then see as `.Var`, and says whether each condition is true. */
  check(query: Query, data: TemplateData): Verdict {
    const values = new Map<string, unknown>();
    const context: Context = { query, data, values };
    try {
      for (const [name, expression] of this.#variables) values.set(name, expression.evaluate(context));
      data.Var = values;
      for (const expression of this.#required) if (expression.evaluate(context) !== true) return 'fails';
      return 'holds';
    } catch {
      return 'broken';
    }
  }
}
