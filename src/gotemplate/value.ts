// The values that templates work on, and what Go would call their types. Nil is undefined or null; a Map is a map, an array a slice,
// any other object a struct, a function a function. Whole numbers are ints, all other numbers floats.

/** A float that may be whole: JavaScript cannot tell 4.0 from 4. Any object with a number `float64` is taken for one. */
export class Float {
  readonly float64: number;

  constructor(value: number) {
    this.float64 = value;
  }
}

/** A map whose missing entries `index` gives as `zero`, as Go's `map[string]string` gives the empty text. */
export class TypedMap<V> extends Map<string, V> {
  /** What a missing entry is. */
  readonly zero: V;

  constructor(zero: V, entries: Iterable<readonly [string, V]> = []) {
    super(entries);
    this.zero = zero;
  }
}

/** The kinds of value. */
export type Kind = 'invalid' | 'bool' | 'int' | 'float' | 'string' | 'slice' | 'map' | 'func' | 'struct';

/** What kind a value is; `invalid` is nil. */
export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'bigint':
      return 'int';
    case 'boolean':
      return 'bool';
    case 'function':
      return 'func';
    case 'object':
      if (value === null) return 'invalid';
      if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'slice';
      return value instanceof Map ? 'map' : isFloat(value) ? 'float' : 'struct';
    default:
      return 'invalid';
  }
}

function isFloat(value: object): value is Float {
  return 'float64' in value && typeof value.float64 === 'number';
}

/** The number that a float is. */
export function floatOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'object' && value !== null && isFloat(value) ? value.float64 : Number.NaN;
}

/** The list that a slice is. */
export function listOf(value: unknown): ArrayLike<unknown> {
  return value as ArrayLike<unknown>;
}

/** The integer with these low 64 bits: a number where that is exact. */
export function wrap(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** Whether a value counts as true: not nil, not zero, not empty. */
export function isTrue(value: unknown): boolean {
  switch (kindOf(value)) {
    case 'invalid':
      return false;
    case 'bool':
      return value === true;
    case 'int':
      return value !== 0 && value !== 0n;
    case 'float':
      return floatOf(value) !== 0;
    case 'string':
      return value !== '';
    case 'slice':
      return listOf(value).length > 0;
    case 'map':
      return (value as ReadonlyMap<unknown, unknown>).size > 0;
    default:
      return true;
  }
}

/** Go's name for the type of a value, as near as a JavaScript value tells. */
export function typeName(value: unknown): string {
  switch (kindOf(value)) {
    case 'invalid':
      return '<nil>';
    case 'float':
      return 'float64';
    case 'slice':
      return value instanceof Uint8Array ? '[]uint8' : `[]${common(Array.from(listOf(value)))}`;
    case 'map':
      return mapName(value as ReadonlyMap<unknown, unknown>);
    case 'func':
      return 'func()';
    case 'struct':
      return structName(value as object);
    default:
      return kindOf(value);
  }
}

function mapName(map: ReadonlyMap<unknown, unknown>): string {
  const values = map instanceof TypedMap ? [map.zero] : [...map.values()];
  return `map[${map.size === 0 ? 'string' : common([...map.keys()])}]${common(values)}`;
}

function common(values: readonly unknown[]): string {
  const first = values.length === 0 ? 'invalid' : kindOf(values[0]);
  const basic = first === 'string' || first === 'int' || first === 'bool' || first === 'float';
  if (!basic || values.some((value) => kindOf(value) !== first)) return 'interface {}';
  return first === 'float' ? 'float64' : first;
}

function structName(value: object): string {
  const { constructor } = Object.getPrototypeOf(value) ?? {};
  // A class may say what Go calls it.
  const name: unknown = constructor?.goType ?? constructor?.name;
  return typeof name === 'string' && name !== 'Object' && name !== '' ? name : 'struct';
}

/** The entries of a map in the order of their keys, as Go visits them. */
export function sortedEntries(map: ReadonlyMap<unknown, unknown>): [unknown, unknown][] {
  return [...map].sort(([a], [b]) => compareKeys(a, b));
}

function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  const x = typeof a === 'bigint' ? Number(a) : floatOf(a);
  const y = typeof b === 'bigint' ? Number(b) : floatOf(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
