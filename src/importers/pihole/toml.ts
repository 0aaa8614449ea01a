// The part of TOML in which Pi-hole writes its settings: tables by dotted names, strings, numbers, truth, lists. Knows lines; whatever
// else TOML has
// is refused with its line.
import { ImportError } from '../outcome.ts';
import type { Where } from '../outcome.ts';

/** A value and where it stands. */
export interface Value extends Where {
  /** `dns.cache.size`. */
  readonly key: string;
  readonly value: string | number | boolean | readonly (string | number | boolean)[];
}
type Scalar = string | number | boolean;

/** The values of a text. Throws ImportError. */
export function valuesOf(text: string, file: string): Value[] {
  const rows = text.split('\n');
  const values: Value[] = [];
  let table = '';
  for (let i = 0; i < rows.length; i++) {
    const at: Where = { file, line: i + 1 };
    const row = withoutComment(rows[i]!).trim();
    if (row === '') continue;
    const [, name] = /^\[([\w.-]+)\]$/.exec(row) ?? [];
    if (name !== undefined) {
      table = `${name}.`;
      continue;
    }
    const [, key, first = ''] = /^([\w-]+)\s*=\s*(.*)$/s.exec(row) ?? [];
    if (key === undefined) throw new ImportError(at, 'neither a table nor KEY = VALUE');
    const parts = [first];
    // A list goes on up to its bracket.
    while (first.startsWith('[') && !parts.at(-1)!.endsWith(']')) {
      if (++i >= rows.length) throw new ImportError(at, 'a list does not end');
      parts.push(withoutComment(rows[i]!).trim());
    }
    values.push({ ...at, key: `${table}${key}`, value: first.startsWith('[') ? listOf(parts.join(' '), at) : scalarOf(first, at) });
  }
  return values;
}
function withoutComment(row: string): string {
  const [whole] = /^(?:[^#"']|"(?:[^"\\]|\\.)*"|'[^']*'|["'])*?(?=#|$)/.exec(row) ?? [row];
  return whole;
}
const SCALAR = /\s*("(?:[^"\\]|\\.)*"|'[^']*'|true|false|[+-]?\d+(?:\.\d+)?)\s*/y;
function listOf(text: string, at: Where): Scalar[] {
  const found: Scalar[] = [];
  const inner = text.slice(1, -1);
  for (let next = 0; inner.slice(next).trim() !== '';) {
    SCALAR.lastIndex = next;
    const match = SCALAR.exec(inner);
    if (match === null) throw new ImportError(at, 'a list of something else than texts and numbers');
    found.push(scalarOf(match[1]!, at));
    next = SCALAR.lastIndex;
    if (inner[next] === ',') next++;
    else if (next < inner.length) throw new ImportError(at, 'a comma is missing');
  }
  return found;
}
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' };
function scalarOf(text: string, at: Where): Scalar {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^[+-]?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (/^'[^']*'$/.test(text)) return text.slice(1, -1);
  if (!/^"(?:[^"\\]|\\.)*"$/.test(text)) throw new ImportError(at, 'it is neither a text, a number, true nor false');
  return text.slice(1, -1).replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (whole, code: string | undefined, letter: string) =>
    (code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : ESCAPES[letter] ?? whole));
}
