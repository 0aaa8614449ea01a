// One value by one verb, as Go's fmt prints it.

import { type Flags, formatFloat, formatInteger, pad, plainFlags } from './number-format.ts';
import { quoted } from '../wording/quote.ts';
import { hexadecimal, rawQuote } from './quote.ts';
import { floatOf, kindOf, listOf, sortedEntries, typeName } from './value.ts';

/** Lists within lists beyond this depth print as `...`. */
const MAXIMUM_DEPTH = 50;

/** The value by the verb. A verb that does not fit is told in the text. */
export function formatVerb(value: unknown, verb: string, flags: Flags): string {
  if (verb === 'T') return pad(typeName(value), flags);
  if (verb === 'v' && flags.plus && kindOf(value) !== 'struct') return formatAt(value, verb, { ...flags, plus: false }, 0);
  return formatAt(value, verb, flags, 0);
}

/** The value by the verb v without adornments: what an action prints. */
export function printPlain(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : formatAt(value, 'v', plainFlags(), 0);
}

function formatAt(value: unknown, verb: string, flags: Flags, depth: number): string {
  if (depth > MAXIMUM_DEPTH) return '...';
  switch (kindOf(value)) {
    case 'invalid':
      return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`;
    case 'bool':
      return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb);
    case 'int':
      return integer(BigInt(value as number | bigint), verb, flags) ?? badVerb(value, verb);
    case 'float':
      return 'eEfFgGv'.includes(verb) ? formatFloat(floatOf(value), verb, flags) : badVerb(value, verb);
    case 'string':
      return text(value as string, verb, flags) ?? badVerb(value, verb);
    case 'slice':
      return slice(value, verb, flags, depth);
    case 'map':
      return map(value as ReadonlyMap<unknown, unknown>, verb, flags, depth);
    case 'func':
      return pad('func()', flags);
    default:
      return struct(value as object, verb, flags, depth);
  }
}

function badVerb(value: unknown, verb: string): string {
  return `%!${verb}(${typeName(value)}=${formatAt(value, 'v', plainFlags(), 0)})`;
}

function integer(value: bigint, verb: string, flags: Flags): string | undefined {
  if (verb === 'v') return flags.sharp ? formatInteger(value, 'd', { ...flags, sharp: false }) : formatInteger(value, 'd', flags);
  if ('dboOxX'.includes(verb)) return formatInteger(value, verb, flags);
  const code = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value < 0xe000n) ? Number(value) : 0xfffd;
  if (verb === 'c') return pad(String.fromCodePoint(code), flags);
  if (verb === 'q') return pad(quoted(String.fromCodePoint(code), "'", flags.plus), flags);
  if (verb !== 'U') return undefined;
  const digits = value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), '0');
  return pad(`U+${digits}${flags.sharp ? ` '${String.fromCodePoint(code)}'` : ''}`, { ...flags, zero: false });
}

function text(value: string, verb: string, flags: Flags): string | undefined {
  const cut = flags.precision === undefined ? value : [...value].slice(0, flags.precision).join('');
  switch (verb) {
    case 'v':
      return pad(flags.sharp ? quoted(value) : cut, flags);
    case 's':
      return pad(cut, flags);
    case 'q':
      return pad(flags.sharp ? rawQuote(cut, flags.plus) : quoted(cut, '"', flags.plus), flags);
    case 'x':
    case 'X':
      return pad(hexadecimal(Buffer.from(value).subarray(0, flags.precision), verb === 'X', flags.space, flags.sharp), flags);
    default:
      return undefined;
  }
}

function slice(value: unknown, verb: string, flags: Flags, depth: number): string {
  if (value instanceof Uint8Array && 'sqxX'.includes(verb)) {
    if (verb === 'x' || verb === 'X')
      return pad(hexadecimal(value.subarray(0, flags.precision), verb === 'X', flags.space, flags.sharp), flags);
    return text(Buffer.from(value).toString('utf8'), verb, flags) ?? '';
  }
  const items = Array.from(listOf(value), (item) => formatAt(item, verb, flags, depth + 1));
  return verb === 'v' && flags.sharp ? `${typeName(value)}{${items.join(', ')}}` : `[${items.join(' ')}]`;
}

function map(value: ReadonlyMap<unknown, unknown>, verb: string, flags: Flags, depth: number): string {
  const entries = sortedEntries(value).map(([key, item]) => {
    return `${formatAt(key, verb, flags, depth + 1)}:${formatAt(item, verb, flags, depth + 1)}`;
  });
  return verb === 'v' && flags.sharp ? `${typeName(value)}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`;
}

/** An object prints as what its `String` gives, an error as its message, all else as its fields. */
function struct(value: object, verb: string, flags: Flags, depth: number): string {
  if ('vsqxX'.includes(verb) && !(verb === 'v' && flags.sharp)) {
    const printed =
      value instanceof Error ? value.message : 'String' in value && typeof value.String === 'function' ? value.String() : undefined;
    if (typeof printed === 'string') return text(printed, verb, flags) ?? '';
  }
  const named = verb === 'v' && (flags.plus || flags.sharp);
  const fields = Object.entries(value).filter(([, item]) => typeof item !== 'function');
  const printed = fields.map(([name, item]) => `${named ? `${name}:` : ''}${formatAt(item, verb, { ...flags }, depth + 1)}`);
  return verb === 'v' && flags.sharp ? `${typeName(value)}{${printed.join(', ')}}` : `{${printed.join(' ')}}`;
}
