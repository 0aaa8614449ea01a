// $GENERATE: a range, and a line that is written once for each of its numbers. Knows the template's `$`, nothing of records.

import { EntryError } from './error.ts';
import { textOf } from './generic-data.ts';
import type { Tokens } from './tokens.ts';

/** The most names that one line may make. */
const MOST_NAMES = 65_536;
/** The longest template, in octets, and the highest number that may be written. */
const LONGEST = 4096;
const HIGHEST = 0x7fffffff;

/** A number in a template: what is added, to how many digits, and in which base; small letters or capitals. */
interface Numbered {
  readonly offset: number;
  readonly width: number;
  readonly base: 'd' | 'o' | 'x' | 'X';
}

/** The numbers of a range `start-stop[/step]`; throws EntryError. */
function range(text: string): { start: number; stop: number; step: number } {
  const parts = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text);
  if (parts === null) throw new EntryError(1, 'a range such as 1-100 or 1-100/2');
  const [start, stop, step] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 1)];
  if (step === 0 || stop < start || stop > HIGHEST) throw new EntryError(1, 'a range that goes up, to at most 2147483647');
  if (Math.floor((stop - start) / step) >= MOST_NAMES) throw new EntryError(1, `a range of at most ${MOST_NAMES} numbers`);
  return { start, stop, step };
}

/** The tokens behind the range as one line, blanks where they had some. */
function template(tokens: Tokens): string {
  let text = '';
  for (let i = 2; i < tokens.count; i++) {
    if (i > 2 && tokens.starts[i] !== tokens.ends[i - 1]) text += ' ';
    text += tokens.isQuoted(i) ? `"${textOf(tokens, i)}"` : textOf(tokens, i);
  }
  if (text.length > LONGEST) throw new EntryError(2, `a line of at most ${LONGEST} octets`);
  return text;
}

function placeOf(text: string): Numbered {
  const parts = /^(-?\d{1,10})(?:,(\d{1,3})(?:,([doxX]))?)?$/.exec(text);
  const width = Number(parts?.[2] ?? 0);
  if (parts === null || width > 255) throw new EntryError(2, `a modifier such as {0,3,d} instead of {${text}}`);
  return { offset: Number(parts[1]), width, base: (parts[3] ?? 'd') as Numbered['base'] };
}

const PLAIN: Numbered = { offset: 0, width: 0, base: 'd' };

/** What stands in a template: text, and places for numbers. `$$` and `\$` are a dollar sign. */
function partsOf(text: string): (string | Numbered)[] {
  const parts: (string | Numbered)[] = [];
  const form = /\\\$|\\[\s\S]|\$\$|\$\{([^}]*)\}?|\$|[^\\$]+/g;
  for (const [found, modifier] of text.matchAll(form)) {
    if (modifier !== undefined) {
      if (!found.endsWith('}')) throw new EntryError(2, 'a modifier with its closing brace');
      parts.push(placeOf(modifier));
    } else if (found === '$') parts.push(PLAIN);
    else parts.push(found === '\\$' || found === '$$' ? '$' : found);
  }
  return parts;
}

function print(value: number, place: Numbered): string {
  const base = place.base === 'd' ? 10 : place.base === 'o' ? 8 : 16;
  const text = (value + place.offset).toString(base).padStart(place.width, '0');
  return place.base === 'X' ? text.toUpperCase() : text;
}

/** The lines that the entry of a $GENERATE makes, one after another. Throws EntryError where it is none. */
export function* generate(tokens: Tokens): Generator<string> {
  if (tokens.count < 3) throw new EntryError(tokens.count, tokens.count < 2 ? 'a range such as 1-100' : 'a line to repeat');
  const { start, stop, step } = range(textOf(tokens, 1));
  const parts = partsOf(template(tokens));
  for (const part of parts) {
    if (typeof part === 'string' || (start + part.offset >= 0 && stop + part.offset <= HIGHEST)) continue;
    throw new EntryError(2, 'an offset that leaves all numbers between 0 and 2147483647');
  }
  for (let value = start; value <= stop; value += step) {
    let line = '';
    for (const part of parts) line += typeof part === 'string' ? part : print(value, part);
    yield line;
  }
}
