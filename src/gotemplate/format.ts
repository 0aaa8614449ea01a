// Go's fmt: `printf`, `print`, `println`. It reads formats and lays out lists, maps and structs; numbers and quotes are elsewhere.

import { type Flags, plainFlags } from './number-format.ts';
import { kindOf } from './value.ts';
import { formatVerb, printPlain } from './verbs.ts';

/** Widths and precisions beyond this are refused, as in Go. */
const LARGEST = 1_000_000;

/** Go's `fmt.Sprint`: a space between two values neither of which is a text. */
export function sprint(values: readonly unknown[]): string {
  let text = '';
  for (const [index, value] of values.entries()) {
    if (index > 0 && kindOf(value) !== 'string' && kindOf(values[index - 1]) !== 'string') text += ' ';
    text += printPlain(value);
  }
  return text;
}

/** Go's `fmt.Sprintln`. */
export function sprintln(values: readonly unknown[]): string {
  return `${values.map(printPlain).join(' ')}\n`;
}

/** Go's `fmt.Sprintf`. What does not fit is told in the text, as in Go. */
export function sprintf(format: string, values: readonly unknown[]): string {
  return new Formatter(format, values).run();
}

class Formatter {
  private readonly format: string;
  private readonly values: readonly unknown[];
  private at = 0;
  private next = 0;
  private reordered = false;
  private good = true;

  constructor(format: string, values: readonly unknown[]) {
    this.format = format;
    this.values = values;
  }

  run(): string {
    let text = '';
    for (;;) {
      const percent = this.format.indexOf('%', this.at);
      text += this.format.slice(this.at, percent < 0 ? undefined : percent);
      if (percent < 0) return text + this.extra();
      this.at = percent + 1;
      text += this.directive();
    }
  }

  private directive(): string {
    this.good = true;
    let afterIndex = false;
    let problems = '';
    const flags = this.flags();
    afterIndex = this.index();
    if (this.format[this.at] === '*') {
      this.at += 1;
      const width = this.star();
      if (width === undefined) problems += '%!(BADWIDTH)';
      else if (width < 0) Object.assign(flags, { width: -width, minus: true, zero: false });
      else flags.width = width;
      afterIndex = false;
    } else {
      const width = this.number();
      if (width !== undefined && afterIndex) this.good = false;
      flags.width = width;
    }
    if (this.format[this.at] === '.') {
      this.at += 1;
      problems += this.precision(flags, afterIndex);
      afterIndex = false;
    }
    if (!afterIndex) this.index();
    return problems + this.verb(flags);
  }

  private precision(flags: Flags, afterIndex: boolean): string {
    if (afterIndex) this.good = false;
    this.index();
    if (this.format[this.at] !== '*') {
      flags.precision = this.number() ?? 0;
      return '';
    }
    this.at += 1;
    const precision = this.star();
    if (precision !== undefined && precision >= 0) flags.precision = precision;
    return precision === undefined ? '%!(BADPREC)' : '';
  }

  private verb(flags: Flags): string {
    const code = this.format.codePointAt(this.at);
    if (code === undefined) return '%!(NOVERB)';
    const verb = String.fromCodePoint(code);
    this.at += verb.length;
    if (verb === '%') return '%';
    if (!this.good) return `%!${verb}(BADINDEX)`;
    if (this.next >= this.values.length) return `%!${verb}(MISSING)`;
    const value = this.values[this.next];
    this.next += 1;
    return formatVerb(value, verb, flags);
  }

  private flags(): Flags {
    const flags = plainFlags();
    for (; ; this.at += 1) {
      const character = this.format[this.at];
      if (character === '#') flags.sharp = true;
      else if (character === '0') flags.zero = true;
      else if (character === '+') flags.plus = true;
      else if (character === '-') flags.minus = true;
      else if (character === ' ') flags.space = true;
      else return flags;
    }
  }

  /** Reads `[3]`, which says which value comes next. */
  private index(): boolean {
    if (this.format[this.at] !== '[') return false;
    this.reordered = true;
    const end = this.format.indexOf(']', this.at);
    const text = end < 0 ? '' : this.format.slice(this.at + 1, end);
    this.at = end < 0 ? this.at + 1 : end + 1;
    const index = /^\d{1,7}$/.test(text) ? Number(text) - 1 : -1;
    if (index < 0 || index >= this.values.length) {
      this.good = false;
      return end >= 0;
    }
    this.next = index;
    return true;
  }

  private number(): number | undefined {
    const start = this.at;
    while (/\d/.test(this.format[this.at] ?? '')) this.at += 1;
    if (this.at === start) return undefined;
    const value = Number(this.format.slice(start, this.at));
    return value > LARGEST ? undefined : value;
  }

  private star(): number | undefined {
    const value = this.values[this.next];
    if (this.next < this.values.length) this.next += 1;
    return kindOf(value) === 'int' && Math.abs(Number(value)) <= LARGEST ? Number(value) : undefined;
  }

  private extra(): string {
    if (this.reordered || this.next >= this.values.length) return '';
    const rest = this.values.slice(this.next).map((value) => {
      const type = formatVerb(value, 'T', plainFlags());
      return value === undefined || value === null ? '<nil>' : `${type}=${formatVerb(value, 'v', plainFlags())}`;
    });
    return `%!(EXTRA ${rest.join(', ')})`;
  }
}
