// The names that the language gives a meaning: its functions, and those of them that take a predicate.

/** Functions that run an expression for each element, and what they take; `?` marks what may be left out. */
export const predicateShapes: ReadonlyMap<string, readonly string[]> = new Map([
  ['all', ['value', 'predicate']],
  ['none', ['value', 'predicate']],
  ['any', ['value', 'predicate']],
  ['one', ['value', 'predicate']],
  ['filter', ['value', 'predicate']],
  ['map', ['value', 'predicate']],
  ['count', ['value', 'predicate?']],
  ['sum', ['value', 'predicate?']],
  ['find', ['value', 'predicate']],
  ['findIndex', ['value', 'predicate']],
  ['findLast', ['value', 'predicate']],
  ['findLastIndex', ['value', 'predicate']],
  ['groupBy', ['value', 'predicate']],
  ['sortBy', ['value', 'predicate', 'value?']],
  ['reduce', ['value', 'predicate', 'value?']],
]);

const plain =
  'len type abs ceil floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace repeat join ' +
  'indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now duration date timezone ' +
  'first last get take keys values toPairs fromPairs reverse uniq concat flatten sort bitand bitor bitxor bitnand bitshl bitshr ' +
  'bitushr bitnot';

/** Every function of the language. */
export const builtinNames: ReadonlySet<string> = new Set([...predicateShapes.keys(), ...plain.split(' ')]);

const words = 'true false nil in or and matches contains startsWith endsWith let if else not';

/**
 * Whether the language itself gives `name` a meaning, so that a host may not use it for a variable: a function of the language,
 * an operator or a literal.
 */
export function isReserved(name: string): boolean {
  return builtinNames.has(name) || words.split(' ').includes(name);
}
