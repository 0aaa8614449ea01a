/** Lays out a Corefile in one style; knows words, comments and braces, and changes nothing but the space between them. */

import { lex, lineBreaks } from './lex.ts';
import type { Comment, Word } from './lex.ts';

const INDENT = '    ';

/** What stands on one line, or on several when a quoted word spans them; a row of a comment has no words. */
export interface Row {
  readonly words: Word[];
  comment: Comment | undefined;
  readonly firstLine: number;
  lastLine: number;
}

/**
 * The text with four spaces for each open brace, one space between words, at most one empty line at a place and one after
 * each block. Words stay on their lines and are written as they were, so the result means the same; formatting it again
 * changes nothing. Any text can be formatted.
 */
export function formatCorefile(text: string, file = 'Corefile'): string {
  let result = '';
  let depth = 0;
  let before: Row | undefined;
  for (const row of rowsOf(text, file)) {
    const closes = row.words[0]?.text === '}';
    if (before !== undefined && emptyLineBetween(before, row, depth)) result += '\n';
    result += `${INDENT.repeat(Math.max(0, depth - (closes ? 1 : 0)))}${rowText(row)}\n`;
    for (const word of row.words) depth = depthAfter(word, depth);
    before = row;
  }
  // A mark that was the second of two is part of the first word; alone it would be skipped.
  return result.startsWith('\ufeff') ? `\ufeff${result}` : result;
}

function depthAfter(word: Word, depth: number): number {
  if (word.text === '{') return depth + 1;
  return word.text === '}' ? Math.max(0, depth - 1) : depth;
}

function emptyLineBetween(before: Row, row: Row, depth: number): boolean {
  if (before.words.at(-1)?.text === '{' || row.words[0]?.text === '}') return false;
  if (depth === 0 && before.words[0]?.text === '}') return true;
  return row.firstLine > before.lastLine + 1;
}

function rowText(row: Row): string {
  const parts = row.words.map((word) => word.raw);
  if (row.comment !== undefined) parts.push(row.comment.raw);
  return parts.join(' ');
}

/** The rows of a text. */
export function rowsOf(text: string, file: string): Row[] {
  const { words, comments } = lex(text, file);
  const found: Row[] = [];
  let next = 0;
  const takeComments = (line: number): void => {
    for (let comment = comments[next]; comment !== undefined && comment.line <= line; comment = comments[++next]) {
      const row = found.at(-1);
      if (row !== undefined && row.lastLine === comment.line && row.comment === undefined) row.comment = comment;
      else found.push({ words: [], comment, firstLine: comment.line, lastLine: comment.line });
    }
  };
  for (const word of words) {
    takeComments(word.line - 1);
    let row = found.at(-1);
    if (row === undefined || row.lastLine !== word.line) {
      row = { words: [], comment: undefined, firstLine: word.line, lastLine: word.line };
      found.push(row);
    }
    row.words.push(word);
    row.lastLine = word.line + lineBreaks(word.text);
  }
  takeComments(Infinity);
  return found;
}
