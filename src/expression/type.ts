// Static types of expressions, named as Go names them in errors. It knows which types go together, nothing of values.

/** What kind of thing a type is. `unknown` is only known when the expression runs. */
export type Kind = 'unknown' | 'nil' | 'bool' | 'int' | 'float' | 'string' | 'array' | 'map' | 'function' | 'time' | 'duration';

/** A static type. */
export interface Type {
  readonly kind: Kind;
  /** Its name in errors: `int`, `[]interface {}`, `func(string) bool`. */
  readonly name: string;
  /** Of an array its elements, of a map its values. */
  readonly element?: Type;
  /** Of a map its keys. */
  readonly key?: Type;
  /** Of a function what it takes. */
  readonly parameters?: readonly Type[];
  /** Of a function what it gives. */
  readonly result?: Type;
}

/** Types without parts, by the name a host uses. */
export type TypeName = 'any' | 'bool' | 'int' | 'float' | 'string';

/** Not known before it runs. */
export const unknownType: Type = { kind: 'unknown', name: 'unknown' };
/** Said to be anything. */
export const anyType: Type = { kind: 'unknown', name: 'interface {}' };
/** The type of `nil`. */
export const nilType: Type = { kind: 'nil', name: 'unknown' };
/** True or false. */
export const boolType: Type = { kind: 'bool', name: 'bool' };
/** A 64-bit integer. */
export const intType: Type = { kind: 'int', name: 'int' };
/** A 64-bit float. */
export const floatType: Type = { kind: 'float', name: 'float64' };
/** A text. */
export const stringType: Type = { kind: 'string', name: 'string' };
/** A point in time. */
export const timeType: Type = { kind: 'time', name: 'time.Time' };
/** A length of time. */
export const durationType: Type = { kind: 'duration', name: 'time.Duration' };
/** A list of texts, as `split` gives it. */
export const stringsType: Type = { kind: 'array', name: '[]string', element: stringType };
/** A list of integers as Go's own functions take it. No expression has it, but errors name it. */
export const intsType: Type = { kind: 'array', name: '[]int', element: intType };
/** The value of a `b'...'` literal. */
export const bytesType: Type = { kind: 'array', name: '[]uint8', element: { kind: 'int', name: 'uint8' } };
/** A map as `{...}` makes it. */
export const mapType: Type = { kind: 'map', name: 'map[string]interface {}', key: stringType, element: anyType };
/** A map with keys of any type, as `fromPairs` makes it. */
export const anyMapType: Type = { kind: 'map', name: 'map[interface {}]interface {}', key: anyType, element: anyType };

/** A list of these. */
export function arrayOf(element: Type): Type {
  return { kind: 'array', name: '[]interface {}', element };
}

/** A list of anything. */
export const arrayType: Type = arrayOf(anyType);

/** The type of a function. `fallible` ones may fail, which shows in the name only. */
export function functionOf(parameters: readonly Type[], result: Type, fallible: boolean): Type {
  const inside = parameters.map((parameter) => parameter.name).join(', ');
  const outside = fallible ? `(${result.name}, error)` : result.name;
  return { kind: 'function', name: `func(${inside}) ${outside}`, parameters, result };
}

const named: Readonly<Record<TypeName, Type>> = {
  any: anyType,
  bool: boolType,
  int: intType,
  float: floatType,
  string: stringType,
};

/** The type that a host means: a name, or a type as it is. */
export function typeOf(type: Type | TypeName): Type {
  return typeof type === 'string' ? named[type] : type;
}

/** Whether nothing is known of the type. */
export function isUnknown(type: Type): boolean {
  return type.kind === 'unknown';
}

/** Whether it is an integer or a float. */
export function isNumber(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'float';
}

/** Whether a value of `from` can stand where `to` is asked for. */
export function isAssignable(from: Type, to: Type): boolean {
  if (from.kind === 'nil') return to === anyType || to.kind === 'map' || to.kind === 'array' || to.kind === 'function';
  if (from === unknownType || to === unknownType) return false;
  return to.kind === 'unknown' || (from.kind === to.kind && from.name === to.name);
}

/** Whether `==` may stand between the two. */
export function isComparable(a: Type, b: Type): boolean {
  if (isUnknown(a) || isUnknown(b) || a.kind === 'nil' || b.kind === 'nil') return true;
  return (isNumber(a) && isNumber(b)) || (a.kind === b.kind && (a.kind === 'array' || isAssignable(a, b)));
}

/** Whether one is unknown and the other unknown too or one of these kinds, so that only running it can tell. */
export function mayFit(a: Type, b: Type, kinds: readonly Kind[]): boolean {
  if (isUnknown(a)) return isUnknown(b) || kinds.includes(b.kind);
  return isUnknown(b) && kinds.includes(a.kind);
}

/** What a sum, difference or product of two numbers is. */
export function promoted(a: Type, b: Type): Type {
  return a.kind === 'float' || b.kind === 'float' ? floatType : intType;
}

/** The type without what only the checker knew (types of elements), as a variable of the host carries it on. */
export function erased(type: Type): Type {
  if (type.kind === 'unknown' || type.kind === 'nil') return anyType;
  if (type.name === arrayType.name) return arrayType;
  return type;
}
