// Operators on texts: `matches` (RE2, LIBD-12), `contains`, `startsWith`, `endsWith`. `nil` on either side is false.

import { RE2JS } from 're2js';
import { Fault } from './error.ts';
import type { Run, Term } from './frame.ts';
import { term } from './frame.ts';
import { boolType, bytesType, mayFit } from './type.ts';
import { typeName } from './value.ts';

/** `left matches right`. Throws a `Fault` when a literal pattern is none; `undefined` when the types do not go together. */
export function matches(left: Term, right: Term, offset: number): Term | undefined {
  const bytes = left.type.name === bytesType.name;
  const constant = right.constant && right.type.kind === 'string';
  const pattern = constant ? compilePattern(String(right.run(undefined as never)), offset) : undefined;
  const fits = (left.type.kind === 'string' || bytes) && right.type.kind === 'string';
  if (!fits && !mayFit(left.type, right.type, ['string'])) return undefined;
  if (pattern === undefined) return term(boolType, offset, dynamicMatch(left.run, right.run, offset));
  const a = left.run;
  if (left.type.kind === 'string') return term(boolType, offset, (frame) => pattern.test(a(frame) as string));
  return term(boolType, offset, (frame) => {
    const text = a(frame);
    return text !== undefined && pattern.test(subject(text, offset));
  });
}

function compilePattern(source: string, offset: number): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new Fault(error instanceof Error ? error.message : String(error), offset);
  }
}

/** Keeps the last pattern: most often it is the same one again. */
function dynamicMatch(a: Run, b: Run, offset: number): Run {
  let source: string | undefined;
  let pattern: RE2JS | undefined;
  return (frame) => {
    const text = a(frame);
    const wanted = b(frame);
    if (text === undefined || wanted === undefined) return false;
    if (pattern === undefined || source !== wanted) {
      source = textOf(wanted, offset);
      pattern = compilePattern(source, offset);
    }
    return pattern.test(subject(text, offset));
  };
}

function subject(value: unknown, offset: number): string | number[] {
  return Array.isArray(value) && value.every((byte) => typeof byte === 'number') ? value : textOf(value, offset);
}

/** The text that a value is. Throws a `Fault` when it is none. */
export function textOf(value: unknown, offset: number): string {
  if (typeof value === 'string') return value;
  throw new Fault(`interface conversion: interface {} is ${value === undefined ? 'nil' : typeName(value)}, not string`, offset);
}

/** `contains`, `startsWith` or `endsWith`; `undefined` when the types do not go together. */
export function textTest(operator: string, left: Term, right: Term, offset: number): Term | undefined {
  const fits = left.type.kind === 'string' && right.type.kind === 'string';
  if (!fits && !mayFit(left.type, right.type, ['string'])) return undefined;
  const test = tests[operator] ?? (() => false);
  const a = left.run;
  const b = right.run;
  if (fits) return term(boolType, offset, (frame) => test(a(frame) as string, b(frame) as string));
  return term(boolType, offset, (frame) => {
    const text = a(frame);
    const part = b(frame);
    return text !== undefined && part !== undefined && test(textOf(text, offset), textOf(part, offset));
  });
}

const tests: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};
