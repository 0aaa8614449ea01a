// Functions of the language that fit no other group: `type`, JSON, time.

import type { Builtin } from './builtin.ts';
import { overloads } from './builtin.ts';
import { Fault } from './error.ts';
import { Float } from './integer.ts';
import { textOf } from './text-operators.ts';
import { parseNanoseconds } from '../wording/duration.ts';
import { Duration, Time } from './time.ts';
import { anyType, durationType, stringType, timeType } from './type.ts';

function kindName(value: unknown): string {
  if (value === undefined) return 'nil';
  if (value instanceof Float) return 'float';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'map';
  if (value instanceof Time) return 'time.Time';
  if (value instanceof Duration) return 'time.Duration';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'func';
}

/** The value as something `JSON.stringify` prints as Go would: keys in order, integers whole. */
function toPlain(value: unknown, offset: number): unknown {
  if (value === undefined) return null;
  if (value instanceof Float) {
    if (Number.isFinite(value.float64)) return value.float64;
    throw new Fault('json: unsupported value', offset);
  }
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Duration) return Number(value.nanoseconds);
  if (Array.isArray(value)) return value.map((item) => toPlain(item, offset));
  if (!(value instanceof Map)) return value;
  const keys = [...value.keys()].map(String).sort();
  return Object.fromEntries(keys.map((key) => [key, toPlain(value.get(key), offset)]));
}

const escapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

function toJson(value: unknown, offset: number): string {
  return JSON.stringify(toPlain(value, offset), undefined, 2).replace(/[<>&]/g, (character) => escapes[character] ?? character);
}

function fromPlain(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value === 'number') return new Float(value);
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object') return value;
  return new Map(Object.entries(value ?? {}).map(([key, item]) => [key, fromPlain(item)]));
}

function fromJson(text: string, offset: number): unknown {
  try {
    return fromPlain(JSON.parse(text));
  } catch (error) {
    throw new Fault(error instanceof Error ? error.message : 'invalid JSON', offset);
  }
}

const dateForms = [/^\d{4}-\d\d-\d\d$/, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/];

/** Reads a date, a date and time (UTC), or RFC 3339. Other layouts and time zones are not supported. */
function parseDate(text: string, offset: number): Time {
  const zoned = /(Z|[+-]\d\d:\d\d)$/.test(text) && text.includes('T');
  const known = dateForms.some((form) => form.test(text));
  const value = known ? Date.parse(zoned ? text : `${text.replace(' ', 'T')}${text.includes(' ') ? 'Z' : ''}`) : Number.NaN;
  if (Number.isNaN(value)) throw new Fault(`invalid date ${text}`, offset);
  return new Time(BigInt(value) * 1_000_000n);
}

/** The functions, by name. `clock` gives the time since 1970 in milliseconds. */
export function otherBuiltins(clock: () => number): Readonly<Record<string, Builtin>> {
  return {
    type: { check: overloads([[anyType], stringType]), run: ([value]) => kindName(value) },
    toJSON: { check: overloads([[anyType], stringType]), run: ([value], offset) => toJson(value, offset) },
    fromJSON: { check: overloads([[stringType], anyType]), run: ([text], offset) => fromJson(textOf(text, offset), offset) },
    now: { check: overloads([[], timeType]), run: () => new Time(BigInt(Math.floor(clock())) * 1_000_000n) },
    duration: {
      check: overloads([[stringType], durationType]),
      run: ([text], offset) => {
        try {
          return new Duration(parseNanoseconds(textOf(text, offset)));
        } catch (error) {
          throw error instanceof Fault ? error : new Fault((error as Error).message, offset);
        }
      },
    },
    date: { check: overloads([[stringType], timeType]), run: ([text], offset) => parseDate(textOf(text, offset), offset) },
  };
}
