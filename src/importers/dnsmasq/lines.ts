// A dnsmasq.conf as options, one a line; what is included is read in its place. Knows quotes, comments and files; what options mean it
// does not.
import { join } from 'node:path';
import { ImportError } from '../outcome.ts';
import type { Where } from '../outcome.ts';
import type { Source } from '../source.ts';

/** One option. */
export interface Option extends Where {
  readonly name: string;
  /** Undefined where there is no `=`. */
  readonly value: string | undefined;
  /** The line without its comment. */
  readonly text: string;
}

/** What a backslash within quotes means. */
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', b: '\b', r: '\r', e: '\x1b', '"': '"', '\\': '\\' };
/**
 * Characters that stand in quotes have no meaning of their own: commas, dots and the like are moved out of reach, and come back with
 * `plain`.
 */
const HIDDEN = 0xf000;
const hide = (character: string): string => (/[,\\."':#/*]/.test(character)
  ? String.fromCharCode(HIDDEN + character.charCodeAt(0)) : character);
/** A text with the characters that were hidden. */
export const plain = (text: string): string => (/[\uf000-\uf07f]/.test(text)
  ? text.replaceAll(/[\uf000-\uf07f]/g, (character) => String.fromCharCode(character.charCodeAt(0) - HIDDEN)) : text);

/** The options of a file and of those that it names. Throws ImportError. */
export function optionsOf(path: string, source: Source, from: Where): Option[] {
  const options: Option[] = [];
  read(path, source, from, options);
  return options;
}
function read(path: string, source: Source, from: Where, options: Option[]): void {
  source.within(path, from, (text) => {
    let line = 0;
    for (const row of text.split('\n')) {
      line++;
      const option = optionIn(row, { file: path, line });
      if (option === undefined) continue;
      const files = filesOf(option, source);
      if (files === undefined) options.push(option);
      else for (const file of files) read(file, source, option, options);
    }
  });
}

/** The option of a row; undefined where there is none. Throws ImportError for a quote that does not end. */
export function optionIn(row: string, at: Where): Option | undefined {
  const text = /["#\t\r\v\f]/.test(row) ? meant(row, at).trim() : row.trim();
  if (text === '') return undefined;
  const equals = text.indexOf('=');
  if (equals < 0) return { ...at, name: text, value: undefined, text };
  return { ...at, name: text.slice(0, equals).trimEnd(), value: text.slice(equals + 1).trimStart(), text: plain(text) };
}
/** A row without its comment, which begins with `#` behind space, and with what is in quotes hidden. */
function meant(row: string, at: Where): string {
  let result = '';
  let isWhite = true;
  for (let i = 0; i < row.length; i++) {
    const character = row[i]!;
    if (character === '"') {
      for (i++; row[i] !== '"'; i++) {
        const next = row[i];
        if (next === undefined) throw new ImportError(at, 'a quote does not end on its line');
        const escaped = next === '\\' ? ESCAPES[row[i + 1] ?? ''] : undefined;
        if (escaped !== undefined) i++;
        result += hide(escaped ?? next);
      }
      isWhite = false;
    } else if (/\s/.test(character)) {
      result += ' ';
      isWhite = true;
    } else if (isWhite && character === '#') break;
    else {
      result += character;
      isWhite = false;
    }
  }
  return result;
}

/** The files that an option has read in its place; undefined for all other options. */
function filesOf(option: Option, source: Source): string[] | undefined {
  const { name, value = '' } = option;
  if (name === 'servers-file') return [plain(value)];
  if (name === 'conf-file') return source.matching(plain(value), option);
  if (name !== 'conf-dir') return undefined;
  const [folder = '', ...endings] = value.split(',').map(plain);
  const left = endings.filter((ending) => !ending.startsWith('*')), wanted = endings.filter((ending) => ending.startsWith('*'));
  return source.list(folder, option)
    .filter((file) => !/~$|^\.|^#.*#$/.test(file) && !left.some((ending) => file.endsWith(ending)))
    .filter((file) => wanted.length === 0 || wanted.some((ending) => file.endsWith(ending.slice(1)))).map((file) => join(folder, file));
}
