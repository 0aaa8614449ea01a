// A named.conf as statements, each with what stands in its braces; what is included is read in its place. Knows words, quotes and
// comments; what
// statements mean it does not.
import { resolve } from 'node:path';
import { ImportError } from '../outcome.ts';
import type { Where } from '../outcome.ts';
import type { Source } from '../source.ts';

/** One statement: its words up to the semicolon, with what stood in braces between them. */
export interface Statement extends Where {
  readonly words: readonly string[];
  readonly body: readonly Statement[] | undefined;
  /** The words behind the braces. */
  readonly behind: readonly string[];
}
interface Token extends Where {
  readonly text: string;
  readonly isQuoted: boolean;
}
/** Braces within braces. */
const DEEPEST = 64;

/** The statements of a file and of those that it includes. Throws ImportError. */
export function statementsOf(path: string, source: Source, from: Where): Statement[] {
  return source.within(path, from, (text) => {
    const reader = new Reader(tokensOf(text, path), { file: path, line: 1 });
    const found: Statement[] = [];
    for (const statement of reader.statements(0)) {
      const [word, file] = statement.words;
      if (word !== 'include') found.push(statement);
      else if (file === undefined) throw new ImportError(statement, 'include lacks its file');
      // As BIND reads it, from where it was started; beside this file where it is not there.
      else for (const each of source.matching(source.has(file) ? file : resolve(path, '..', file),
        statement)) found.push(...statementsOf(each, source, statement));
    }
    return found;
  });
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #end: Where;
  #at = 0;

  constructor(tokens: readonly Token[], start: Where) {
    this.#tokens = tokens;
    this.#end = tokens.at(-1) ?? start;
  }
  /** Those up to a closing brace, or to the end. */
  statements(depth: number): Statement[] {
    if (depth > DEEPEST) throw new ImportError(this.#tokens[this.#at] ?? this.#end, `braces stand ${DEEPEST} deep`);
    const found: Statement[] = [];
    for (let token = this.#tokens[this.#at]; ; token = this.#tokens[this.#at]) {
      if (token === undefined && depth > 0) throw new ImportError(this.#end, 'a closing brace is missing');
      if (token === undefined) return found;
      if (isMark(token, '}')) {
        if (depth === 0) throw new ImportError(token, 'a closing brace too many');
        this.#at++;
        return found;
      }
      if (isMark(token, ';')) this.#at++;
      else found.push(this.#statement(token, depth));
    }
  }
  #statement(first: Token, depth: number): Statement {
    const words: string[] = [], behind: string[] = [];
    let body: Statement[] | undefined;
    for (let token = this.#tokens[this.#at]; !(token !== undefined && isMark(token, ';')); token = this.#tokens[this.#at]) {
      if (token === undefined || isMark(token, '}')) throw new ImportError(token ?? this.#end, 'a semicolon is missing');
      this.#at++;
      if (isMark(token, '{')) body = [...body ?? [], ...this.statements(depth + 1)];
      else (body === undefined ? words : behind).push(token.text);
    }
    this.#at++;
    return { file: first.file, line: first.line, words, body, behind };
  }
}
const isMark = ({ text, isQuoted }: Token, mark: string): boolean => !isQuoted && text === mark;

/** Space; an end of a line; comments of a line and of several; a quoted text; a mark; a word; anything else. */
const TOKEN = [String.raw`[ \t\r\f\v]+`, String.raw`(\n)`, String.raw`(?:#|\/\/)[^\n]*`, String.raw`\/\*([\s\S]*?)(?:\*\/|$)`,
  String.raw`"((?:[^"\\]|\\[\s\S])*)("|$)`, '[{};]', String.raw`(?:[^\s{};"#/]|\/(?![/*]))+`, '.'].join('|');

/** Words, marks and quoted texts; comments of all three kinds are left out. Throws ImportError. */
function tokensOf(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN, 'gy');
  let line = 1;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole, newline, comment, quoted, quote] = match;
    if (newline !== undefined) line++;
    else if (comment !== undefined) line += comment.split('\n').length - 1;
    else if (quoted !== undefined) {
      if (quote !== '"') throw new ImportError({ file, line }, 'a quote does not end');
      tokens.push({ text: quoted.replaceAll(/\\([\s\S])/g, '$1'), isQuoted: true, file, line });
      line += quoted.split('\n').length - 1;
    } else if (!/^[ \t\r\f\v#]|^\/\//.test(whole)) tokens.push({ text: whole, isQuoted: false, file, line });
  }
  return tokens;
}

/** A statement as people see it: without what is in its braces, and without what a key is. */
export function headOf({ words, body }: Statement): string {
  const secret = words.findIndex((word) => /secret|^key$/.test(word));
  const said = secret < 0 ? words : words.slice(0, words[secret] === 'key' ? secret + 2 : secret + 1);
  return `${said.join(' ')}${body === undefined ? '' : ' {...}'}`;
}
/** The statements of a body that begin with a word. */
export const named = (body: readonly Statement[], ...names: readonly string[]): Statement[] => body.filter(({ words: [word = ''] }) =>
  names.includes(word));
/** The last of them. */
export const last = (body: readonly Statement[], ...names: readonly string[]): Statement | undefined => named(body, ...names).at(-1);
/** The value of the last of them. */
export const valueOf = (body: readonly Statement[], ...names: readonly string[]): string | undefined => last(body, ...names)?.words[1];
