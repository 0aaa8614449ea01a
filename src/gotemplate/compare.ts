// `eq ne lt le gt ge` of templates. What cannot be compared throws an `Error` with Go's words.

import { floatOf, type Kind, kindOf, typeName } from './value.ts';

const BASIC: ReadonlySet<Kind> = new Set<Kind>(['bool', 'int', 'float', 'string']);

/** Whether the first equals one of the others. */
export function equalsAny(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => equals(first, other));
}

function equals(a: unknown, b: unknown): boolean {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind === 'invalid' || other === 'invalid') return kind === other;
  if (kind !== other || !BASIC.has(kind)) {
    if (BASIC.has(kind) || BASIC.has(other)) throw new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
    if (kind !== other || kind !== 'struct') throw new Error(`non-comparable type ${typeName(a)}: ${typeName(b)}`);
    return a === b;
  }
  return kind === 'float' ? floatOf(a) === floatOf(b) : a === b;
}

/** Whether the one is less than the other. */
export function isLess(a: unknown, b: unknown): boolean {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (!BASIC.has(kind) || !BASIC.has(other)) throw new Error('invalid type for comparison');
  if (kind !== other) throw new Error(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  if (kind === 'bool') throw new Error('invalid type for comparison');
  if (kind === 'float') return floatOf(a) < floatOf(b);
  return (a as number) < (b as number);
}

/** Whether the one is less than the other or equals it. */
export function isAtMost(a: unknown, b: unknown): boolean {
  return isLess(a, b) || equals(a, b);
}
