// The language of the firewall's rules: that of Knetic/govaluate, with all numbers floats and dates in quotes, compiled once and run for
// each question. Beside `expression`, whose values, types and operators are others. Where govaluate finds only when a rule runs that types
// do not go together, this says it at once.
import { RuleFault, placed } from './fault.ts';
import { Parser } from './parse.ts';
import type { Host, Value } from './term.ts';

export type { Host, RuleFunction, Value, Variable } from './term.ts';

/** A rule that can be run. */
export interface Rule<Context> {
  /** Whether it fits. Throws Error where its values cannot be used so. */
  readonly fits: (context: Context) => boolean;
  /** What is hardly meant. */
  readonly doubts: readonly string[];
}

/** Octets that a rule may have. */
const LONGEST = 65_536;

/** Compiles a rule. Throws Error with the place. */
export function compileRule<Context>(source: string, host: Host<Context>): Rule<Context> {
  if (source.length > LONGEST) throw new Error(`it is longer than ${LONGEST} letters`);
  const told = (error: unknown) => (error instanceof RuleFault ? new Error(placed(source, error)) : error);
  try {
    const parser = new Parser(source, host);
    const { kind, run } = parser.rule();
    if (kind === 'list') throw new RuleFault('a list is neither true nor false', 0);
    return {
      doubts: parser.doubts,
      fits(context) {
        try {
          return isTrue(run(context));
        } catch (error) {
          throw told(error);
        }
      },
    };
  } catch (error) {
    throw told(error);
  }
}
/** What counts as true: true, the text "true" in any case, numbers but 0. Throws Error for what cannot. */
function isTrue(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.toLowerCase() === 'true';
  if (typeof value === 'number') return value !== 0;
  throw new Error(`${value === undefined ? 'nothing' : 'a list'} is neither true nor false`);
}
