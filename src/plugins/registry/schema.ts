// Forms of JSON values, as OpenAPI 3.1 writes them, and what is wrong with a value by one. Knows that part of JSON Schema which this API
// uses (draft 2020-12); knows no API.

/** A form. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  /** Of an object: members that are not named; false: there are none. */
  readonly additionalProperties?: Schema | false;
  readonly propertyNames?: { readonly pattern: string };
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly (string | number | boolean)[];
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
}
/** What is wrong, and where: `addresses.0`. */
export interface Fault {
  readonly field: string;
  readonly wrong: string;
  readonly cure: string;
}

const MISSING = 'it is missing';
const patterns = new Map<string, RegExp>();
function fits(text: string, pattern: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) patterns.set(pattern, (compiled = new RegExp(pattern, 'u')));
  return compiled.test(text);
}

/** The first thing that is wrong with a value; undefined: nothing is. */
export function faultOf(value: unknown, schema: Schema, field = ''): Fault | undefined {
  const no = (wrong: string, cure: string): Fault => ({ field, wrong, cure: schema.description === undefined ? cure : schema.description });
  const { anyOf, type } = schema;
  if (anyOf !== undefined) {
    const faults = anyOf.map((each) => faultOf(value, each, field));
    // What is told of is a form that it seems to be meant as: one that lacks nothing.
    return faults.some((fault) => fault === undefined) ? undefined : faults.find((fault) => fault!.wrong !== MISSING) ?? faults[0];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return no(`it is ${shown(value)}`, `it is one of ${schema.enum.join(', ')}`);
  }
  switch (type) {
    case 'string': return typeof value === 'string' ? textFault(value, schema, no) : no(`it is ${shown(value)}`, 'it is a text');
    case 'boolean': return typeof value === 'boolean' ? undefined : no(`it is ${shown(value)}`, 'it is true or false');
    case 'integer': {
      const { minimum = -Infinity, maximum = Infinity } = schema;
      const sound = typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
      return sound ? undefined : no(`it is ${shown(value)}`, `it is a whole number from ${minimum} to ${maximum}`);
    }
    case 'array': return Array.isArray(value) ? arrayFault(value, schema, field, no) : no(`it is ${shown(value)}`, 'it is a list');
    case 'object': return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? objectFault(value as Readonly<Record<string, unknown>>, schema, field, no) : no(`it is ${shown(value)}`, 'it is an object');
    default: return undefined;
  }
}
type No = (wrong: string, cure: string) => Fault;

function textFault(value: string, { pattern, maxLength = Infinity }: Schema, no: No): Fault | undefined {
  if (value.length > maxLength) return no(`it has ${value.length} characters`, `it has at most ${maxLength} characters`);
  return pattern === undefined || fits(value, pattern) ? undefined : no(`it is ${shown(value)}`, `it has the form ${pattern}`);
}
function arrayFault(value: readonly unknown[], schema: Schema, field: string, no: No): Fault | undefined {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  if (value.length < minItems || value.length > maxItems) return no(`it has ${value.length} entries`, `it has ${minItems} to ${maxItems}`);
  if (items === undefined) return undefined;
  for (const [i, each] of value.entries()) {
    const fault = faultOf(each, items, below(field, String(i)));
    if (fault !== undefined) return fault;
  }
  return undefined;
}
function objectFault(value: Readonly<Record<string, unknown>>, schema: Schema, field: string, no: No): Fault | undefined {
  const { properties = {}, required = [], additionalProperties, propertyNames, maxProperties = Infinity } = schema;
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) {
    return { field: below(field, missing), wrong: MISSING, cure: properties[missing]?.description ?? 'say it' };
  }
  const names = Object.keys(value);
  if (names.length > maxProperties) return no(`it has ${names.length} members`, `it has at most ${maxProperties}`);
  for (const name of names) {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (known === false) {
      return { field: below(field, name), wrong: 'there is no such member', cure: `members are ${Object.keys(properties).join(', ')}` };
    }
    if (propertyNames !== undefined && !fits(name, propertyNames.pattern)) {
      return { field: below(field, name), wrong: `its name is ${shown(name)}`, cure: `names have the form ${propertyNames.pattern}` };
    }
    const fault = known === undefined ? undefined : faultOf(value[name], known, below(field, name));
    if (fault !== undefined) return fault;
  }
  return undefined;
}
const below = (field: string, name: string): string => (field === '' ? name : `${field}.${name}`).slice(0, 200);
/** A value as it is shown to who sent it, cut where it is long. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
