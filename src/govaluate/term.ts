// Pieces of a compiled rule: what a piece computes, and what is known of that before it runs. Knows values; knows no text.

/** A value: a text, a number (all are floats), true or false, a list, or nothing. */
export type Value = string | number | boolean | undefined | readonly Value[];
/** What is known of a value: `any` shows when it runs. */
export type Kind = 'text' | 'number' | 'bool' | 'list' | 'any';
/** Computes a value for whatever the rule is asked about. */
export type Run<Context> = (context: Context) => Value;

/** A piece of a rule. */
export interface Term<Context> {
  readonly kind: Kind;
  readonly run: Run<Context>;
  /** The same whatever is asked. */
  readonly constant: boolean;
  /** A text that is a number, such as a size: it is ordered as one. */
  readonly numeric: boolean;
  /** How deep it is nested. */
  readonly depth: number;
  /** Where it begins. */
  readonly offset: number;
  /** It is a text of the rule that lost a backslash. */
  readonly lost: boolean;
}

/** What a name stands for. */
export interface Variable<Context> {
  readonly read: (context: Context) => string;
  readonly numeric?: boolean;
}
/** A function. */
export interface RuleFunction<Context> {
  readonly parameters: number;
  readonly result: Kind;
  readonly call: (context: Context, ...values: Value[]) => Value;
  /**
   * Is told which arguments are known before it runs, undefined for the others: the function to call with all of them. Throws Error where
   * one can never be right.
   */
  readonly prepare?: (known: readonly Value[]) => RuleFunction<Context>['call'];
}
/** What a rule can name. */
export interface Host<Context> {
  /** Every name stands for something: one that nobody knows is an empty text. */
  variable(name: string): Variable<Context>;
  readonly functions: ReadonlyMap<string, RuleFunction<Context>>;
  /** Whether a value is in a set. Throws Error where there is no such set. */
  member(kind: 'list' | 'set', name: string): (context: Context, value: Value) => boolean;
  /** Throws Error for what is no regular expression. */
  regexp(pattern: string): { test(text: string): boolean };
}
/** How a value is called in complaints. */
export function kindName(value: Value): Kind | 'nothing' {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'bool' : 'nothing';
}
