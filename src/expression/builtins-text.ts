// Functions of the language on texts: case, trimming, cutting and joining, searching, base64.

import { indexOf } from './access.ts';
import type { Builtin, Overload } from './builtin.ts';
import { overloads } from './builtin.ts';
import { Fault } from './error.ts';
import { textOf } from './text-operators.ts';
import { anyType, arrayType, boolType, intType, stringsType, stringType } from './type.ts';
import { printValue, typeName } from './value.ts';

const one: Overload = [[stringType], stringType];
const two: Overload = [[stringType, stringType], stringType];

function texts(ways: readonly Overload[], compute: (...texts: string[]) => unknown): Builtin {
  return {
    check: overloads(...ways),
    run: (parameters, offset) => compute(...parameters.map((value) => textOf(value, offset))),
  };
}

/** Maps each character on its own, as Go does: a character whose other case is longer than one stays. */
function changeCase(text: string, change: (text: string) => string): string {
  if (/^[\0-\x7f]*$/.test(text)) return change(text);
  return Array.from(text, (character) => {
    const changed = change(character);
    return [...changed].length === 1 ? changed : character;
  }).join('');
}

/** Takes the characters of `set` (white space without one) off both ends. */
function trim(text: string, set?: string): string {
  const characters = Array.from(text);
  const off = (character: string): boolean => (set === undefined ? /[\s\u0085]/.test(character) : set.includes(character));
  const start = characters.findIndex((character) => !off(character));
  if (start < 0) return '';
  return characters.slice(start, characters.findLastIndex((character) => !off(character)) + 1).join('');
}

/** Cuts at each `separator`, into at most `limit` parts when that is positive; `after` keeps the separators. */
function split(text: string, separator: string, limit: number, after: boolean): string[] {
  if (limit === 0) return [];
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  const kept = after ? parts.map((part, index) => (index < parts.length - 1 ? part + separator : part)) : parts;
  if (limit < 0 || kept.length <= limit) return kept;
  return [...kept.slice(0, limit - 1), kept.slice(limit - 1).join(after ? '' : separator)];
}

function splitting(after: boolean): Builtin {
  return {
    check: overloads([[stringType, stringType], stringsType], [[stringType, stringType, intType], stringsType]),
    run: ([text, separator, limit], offset, frame) => {
      const parts = limit === undefined ? -1 : indexOf(limit, offset);
      const result = split(textOf(text, offset), textOf(separator, offset), parts, after);
      frame.grow(result.length, offset);
      return result;
    },
  };
}

const replace: Builtin = {
  check: overloads([[stringType, stringType, stringType, intType], stringType], [[stringType, stringType, stringType], stringType]),
  run: ([text, from, to, limit], offset) => {
    const source = textOf(text, offset);
    const old = textOf(from, offset);
    const fresh = textOf(to, offset);
    const growth = (source.length / Math.max(old.length, 1) + 1) * fresh.length;
    if (growth > 67_108_864) throw new Fault('memory budget exceeded', offset);
    const most = limit === undefined ? -1 : indexOf(limit, offset);
    if (most < 0) return source.replaceAll(old, () => fresh);
    let count = 0;
    return source.replaceAll(old, () => (count++ < most ? fresh : old));
  },
};

const repeat: Builtin = {
  check: overloads([[stringType, intType], stringType]),
  run: ([text, times], offset, frame) => {
    const source = textOf(text, offset);
    const count = indexOf(times, offset);
    if (count < 0) throw new Fault(`invalid argument for repeat (expected positive integer, got ${count})`, offset);
    frame.grow(Math.max(count > 1_000_000 ? count : 0, source.length * count), offset);
    return source.repeat(count);
  },
};

const join: Builtin = {
  check: overloads(
    [[stringsType, stringType], stringType],
    [[arrayType, stringType], stringType],
    [[arrayType], stringType],
    [[stringsType, stringType], stringType],
    [[stringsType], stringType],
  ),
  run: ([list, glue], offset) => {
    if (!Array.isArray(list)) throw new Fault(`invalid argument for join (type ${typeName(list)})`, offset);
    return list.map((item) => textOf(item, offset)).join(glue === undefined ? '' : textOf(glue, offset));
  },
};

/** The place of `part` in bytes of UTF-8, or -1. */
function place(text: string, at: number): number {
  return at < 0 ? -1 : Buffer.byteLength(text.slice(0, at));
}

const fromBase64: Builtin = {
  check: overloads(one),
  run: ([text], offset) => {
    const source = textOf(text, offset).replace(/[\r\n]/g, '');
    const valid = source.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(source);
    if (!valid) throw new Fault('illegal base64 data', offset);
    return Buffer.from(source, 'base64').toString('utf8');
  },
};

/** The functions, by name. */
export const textBuiltins: Readonly<Record<string, Builtin>> = {
  string: { check: overloads([[anyType], stringType]), run: ([value]) => printValue(value) },
  trim: texts([one, two], (text, set) => trim(text ?? '', set)),
  trimPrefix: texts([two, one], (text = '', part = ' ') => (text.startsWith(part) ? text.slice(part.length) : text)),
  trimSuffix: texts([two, one], (text = '', part = ' ') => (text.endsWith(part) ? text.slice(0, text.length - part.length) : text)),
  upper: texts([one], (text = '') => changeCase(text, (part) => part.toUpperCase())),
  lower: texts([one], (text = '') => changeCase(text, (part) => part.toLowerCase())),
  split: splitting(false),
  splitAfter: splitting(true),
  replace,
  repeat,
  join,
  indexOf: texts([[[stringType, stringType], intType]], (text = '', part = '') => place(text, text.indexOf(part))),
  lastIndexOf: texts([[[stringType, stringType], intType]], (text = '', part = '') => place(text, text.lastIndexOf(part))),
  hasPrefix: texts([[[stringType, stringType], boolType]], (text = '', part = '') => text.startsWith(part)),
  hasSuffix: texts([[[stringType, stringType], boolType]], (text = '', part = '') => text.endsWith(part)),
  toBase64: texts([one], (text = '') => Buffer.from(text).toString('base64')),
  fromBase64,
};
