// The operators: how tight each binds. Higher binds tighter. It knows nothing of what they do.

/** How tight an operator before one operand binds it. */
export const unaryPrecedence: Readonly<Record<string, number>> = { __proto__: null as never, not: 50, '!': 50, '-': 90, '+': 90 };

/** How tight an operator between two operands binds them. */
export const binaryPrecedence: Readonly<Record<string, number>> = {
  __proto__: null as never,
  '|': 0,
  or: 10,
  '||': 10,
  and: 15,
  '&&': 15,
  '==': 20,
  '!=': 20,
  '<': 20,
  '>': 20,
  '>=': 20,
  '<=': 20,
  in: 20,
  matches: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  '..': 25,
  '+': 30,
  '-': 30,
  '*': 60,
  '/': 60,
  '%': 60,
  '**': 100,
  '^': 100,
  '??': 500,
};

/** Operators whose right one of two in a row binds first. */
export const rightAssociative: ReadonlySet<string> = new Set(['**', '^']);

/** Operators that `not` may stand before: `a not in b`. */
export const negatable: ReadonlySet<string> = new Set(['contains', 'matches', 'startsWith', 'endsWith', 'in']);

/** Operators that may be chained: `1 < a < 3`. */
export const comparisons: ReadonlySet<string> = new Set(['<', '>', '>=', '<=']);
