// The functions that every template has. They throw an `Error` with Go's words; `and`, `or` and `call` are the executor's.

import { equalsAny, isAtMost, isLess } from './compare.ts';
import { escapeHtml, escapeJavaScript, escapeQuery } from './escape.ts';
import { sprint, sprintf, sprintln } from './format.ts';
import { isTrue, kindOf, listOf, TypedMap, typeName } from './value.ts';

/** A function of templates: how many values it takes, and what it makes of them. */
export interface TemplateFunction {
  readonly minimum: number;
  /** As many as there are where undefined. */
  readonly maximum: number | undefined;
  /** The kinds of the first values; `any` and those behind the list are not looked at. */
  readonly parameters?: readonly ('bool' | 'int' | 'float' | 'string' | 'any')[];
  readonly call: (...values: never[]) => unknown;
}

function exactly(count: number, call: (...values: unknown[]) => unknown): TemplateFunction {
  return { minimum: count, maximum: count, call };
}

function atLeast(minimum: number, call: (...values: unknown[]) => unknown): TemplateFunction {
  return { minimum, maximum: undefined, call };
}

function indexed(item: unknown, key: unknown): unknown {
  switch (kindOf(item)) {
    case 'string': {
      const bytes = Buffer.from(item as string);
      return bytes[position(key, bytes.length, 'string')];
    }
    case 'slice':
      return listOf(item)[position(key, listOf(item).length, 'slice')];
    case 'map':
      return entry(item as ReadonlyMap<unknown, unknown>, key);
    case 'invalid':
      throw new Error('index of nil pointer');
    default:
      throw new Error(`can't index item of type ${typeName(item)}`);
  }
}

function entry(map: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  const [first = ''] = map.keys();
  if (kindOf(key) === 'invalid') throw new Error(`value is nil; should be of type ${typeName(first)}`);
  if (kindOf(first) !== kindOf(key)) throw new Error(`value has type ${typeName(key)}; should be ${typeName(first)}`);
  const found = map.get(key);
  return found === undefined && map instanceof TypedMap && !map.has(key as string) ? map.zero : found;
}

function position(key: unknown, length: number, what: string): number {
  const index = bound(key, length);
  if (index < length) return index;
  throw new Error(`reflect: ${what} index out of range`);
}

/** A place in a list or at its end. */
function bound(key: unknown, length: number): number {
  const kind = kindOf(key);
  if (kind === 'invalid') throw new Error('cannot index slice/array with nil');
  if (kind !== 'int') throw new Error(`cannot index slice/array with type ${typeName(key)}`);
  const index = Number(key);
  if (index < 0 || index > length) throw new Error(`index out of range: ${index}`);
  return index;
}

function index(item: unknown, ...keys: unknown[]): unknown {
  if (kindOf(item) === 'invalid') throw new Error('index of untyped nil');
  return keys.reduce(indexed, item);
}

function slice(item: unknown, ...bounds: unknown[]): unknown {
  const kind = kindOf(item);
  if (kind === 'invalid') throw new Error('slice of untyped nil');
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  if (kind !== 'string' && kind !== 'slice') throw new Error(`can't slice item of type ${typeName(item)}`);
  if (kind === 'string' && bounds.length === 3) throw new Error('cannot 3-index slice a string');
  const list = kind === 'string' ? Buffer.from(item as string) : (item as unknown[] | Uint8Array);
  const [from = 0, to = list.length, most = list.length] = bounds.map((one) => bound(one, list.length));
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  if (to > most) throw new Error(`invalid slice index: ${to} > ${most}`);
  return kind === 'string' ? (list as Buffer).toString('utf8', from, to) : list.slice(from, to);
}

function length(item: unknown): number {
  switch (kindOf(item)) {
    case 'string':
      return Buffer.byteLength(item as string);
    case 'slice':
      return listOf(item).length;
    case 'map':
      return (item as ReadonlyMap<unknown, unknown>).size;
    case 'invalid':
      throw new Error('reflect: call of reflect.Value.Type on zero Value');
    default:
      throw new Error(`len of type ${typeName(item)}`);
  }
}

/** The values as `print` has them, what is nil as actions print it. */
function printed(values: readonly unknown[]): string {
  return sprint(values.map((value) => value ?? '<no value>'));
}

function printf(format: unknown, ...values: unknown[]): string {
  if (typeof format === 'string') return sprintf(format, values);
  throw new Error(`wrong type for value; expected string; got ${typeName(format)}`);
}

/** The functions, by name. */
export const BUILTINS: ReadonlyMap<string, TemplateFunction> = new Map([
  ['and', atLeast(1, () => undefined)],
  ['or', atLeast(1, () => undefined)],
  ['call', atLeast(1, () => undefined)],
  ['html', atLeast(0, (...values) => escapeHtml(printed(values)))],
  ['index', atLeast(1, index)],
  ['slice', atLeast(1, slice)],
  ['js', atLeast(0, (...values) => escapeJavaScript(printed(values)))],
  ['len', exactly(1, length)],
  ['not', exactly(1, (value) => !isTrue(value))],
  ['print', atLeast(0, (...values) => sprint(values))],
  ['printf', atLeast(1, printf)],
  ['println', atLeast(0, (...values) => sprintln(values))],
  ['urlquery', atLeast(0, (...values) => escapeQuery(printed(values)))],
  ['eq', atLeast(1, (first, ...others) => equalsAny(first, others))],
  ['ne', exactly(2, (a, b) => !equalsAny(a, [b]))],
  ['lt', exactly(2, isLess)],
  ['le', exactly(2, isAtMost)],
  ['gt', exactly(2, (a, b) => !isAtMost(a, b))],
  ['ge', exactly(2, (a, b) => !isLess(a, b))],
]);
