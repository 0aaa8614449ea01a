// What the literals of a template stand for: quoted texts, characters, numbers. Go's syntax; no complex numbers.

import { Float, wrap } from './value.ts';

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
]);

/** The text that a quoted or raw literal stands for; undefined where an escape in it is none. */
export function unquote(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner.replaceAll('\r', '');
  if (!inner.includes('\\')) return inner;
  const pieces: (string | Uint8Array)[] = [];
  for (let at = 0; at < inner.length; ) {
    const next = inner.indexOf('\\', at);
    if (next < 0) {
      pieces.push(inner.slice(at));
      break;
    }
    pieces.push(inner.slice(at, next));
    const escape = readEscape(inner, next + 1, literal[0] ?? '');
    if (escape === undefined) return undefined;
    pieces.push(escape.byte ? Uint8Array.of(escape.code) : String.fromCodePoint(escape.code));
    at = escape.next;
  }
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))).toString('utf8');
}

interface Escape {
  readonly code: number;
  readonly next: number;
  /** Whether it is one byte rather than one character. */
  readonly byte: boolean;
}

function readEscape(text: string, at: number, quote: string): Escape | undefined {
  const letter = text[at] ?? '';
  const plain = SIMPLE.get(letter) ?? (letter === quote ? letter.charCodeAt(0) : undefined);
  if (plain !== undefined) return { code: plain, next: at + 1, byte: false };
  if (/[0-7]/.test(letter)) return readDigits(text, at, 3, 8);
  if (letter === 'x') return readDigits(text, at + 1, 2, 16);
  if (letter === 'u') return readDigits(text, at + 1, 4, 16);
  return letter === 'U' ? readDigits(text, at + 1, 8, 16) : undefined;
}

function readDigits(text: string, at: number, length: number, base: 8 | 16): Escape | undefined {
  const digits = text.slice(at, at + length);
  if (digits.length !== length || !(base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/).test(digits)) return undefined;
  const code = Number.parseInt(digits, base);
  const byte = length < 4;
  if (byte ? code > 255 : code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
  return { code, next: at + length, byte };
}

/** The code of a character literal such as `'a'`; undefined where it is none. */
export function characterCode(literal: string): number | undefined {
  const inner = literal.slice(1, -1);
  const escape = inner.startsWith('\\') ? readEscape(inner, 1, "'") : undefined;
  if (escape !== undefined) return escape.next === inner.length ? escape.code : undefined;
  const characters = [...inner];
  return characters.length === 1 && !inner.startsWith('\\') ? characters[0]?.codePointAt(0) : undefined;
}

/** A number as a literal: an integer of 64 bits with a sign, an integer that only fits without one, or a float. */
export type NumberLiteral = number | bigint | Float | 'too large' | undefined;

/** The number that a literal stands for; `too large` where 64 bits do not hold it, undefined where it is none. */
export function parseNumber(literal: string): NumberLiteral {
  const text = literal.replaceAll('_', '');
  const underscored =
    text === literal || /^[+-]?0[xXoObB]?_?[0-9a-fA-F]+(_[0-9a-fA-F]+)*$/.test(literal) || /^[+-]?[0-9]+(_[0-9]+)*$/.test(literal);
  const whole = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)$/.exec(text);
  if (whole !== null && underscored) {
    const digits = whole[2] ?? '';
    const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
    return fitting(whole[1] === '-' ? -size : size);
  }
  if (text !== literal) return undefined;
  if (/^[+-]?0[xX]/.test(text)) return hexFloat(text);
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? new Float(value) : undefined;
}

function fitting(value: bigint): NumberLiteral {
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return wrap(value);
  return 'too large';
}

function hexFloat(text: string): Float | undefined {
  const parts = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d{1,4})$/.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  if (whole + fraction === '') return undefined;
  const size = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  return Number.isFinite(size) ? new Float(sign === '-' ? -size : size) : undefined;
}
