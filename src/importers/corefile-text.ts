// The text of a Corefile: words in quotes where they need them, lines with their braces, remarks as comments. Knows how a Corefile is read;
// knows no plugin.
import { lex } from '../corefile/lex.ts';
import type { Block, Line, Outcome, Remark } from './outcome.ts';

const INDENT = '    ';
/** A word that is written as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand there.
const PLAIN = /^[^\s"#{}\\\x00-\x1f\x7f]+$/;

/** Whether a text can be a word of a Corefile: it means itself when it is read, and no variable is put into it. */
export function isWritable(text: string): boolean {
  if (PLAIN.test(text)) return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand there.
  if (/\{[$%]|[\x00-\x1f\x7f]/.test(text) || text === '{' || text === '}') return false;
  return lex(wordText(text), '').words.map((word) => word.text).join('\n') === text;
}
function wordText(text: string): string {
  return PLAIN.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}

/** One row of a line, without what is in its braces. */
const rowText = ({ words, inside }: Line): string => [...words.map(wordText), ...inside === undefined ? [] : ['{']].join(' ');
function* rows(lines: readonly Line[], indent: string): Generator<string> {
  for (const line of lines) {
    yield `${indent}${rowText(line)}`;
    if (line.inside === undefined) continue;
    yield* rows(line.inside, `${indent}${INDENT}`);
    yield `${indent}}`;
  }
}
function* blockRows({ keys, lines }: Block): Generator<string> {
  for (const key of keys.slice(0, -1)) yield `${wordText(key)},`;
  yield `${wordText(keys.at(-1)!)} {`;
  yield* rows(lines, INDENT);
  yield '}';
}
/** Lines as a file has them that is imported inside of a block. */
export const linesText = (lines: readonly Line[]): string => `${[...rows(lines, '')].join('\n')}\n`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand there.
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;
/** A text in one row: what would end it, or move a cursor, is written as a number. */
const shown = (text: string): string => text.replaceAll(CONTROL, (character) =>
  `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** A remark for people. */
export const remarkText = ({ file, line, text, reason }: Remark): string => shown(`${file}:${line}: ${text}: ${reason}`);

const HEADINGS = [
  ['lost', 'Not here, and answers change by it:'], ['idle', 'Not here, and no answer changes by it:'], ['note', 'Here, and to be known:'],
] as const;
/** What there is to say of settings, under a heading for each kind. */
export const remarkRows = (outcome: Outcome): string[] => HEADINGS.flatMap(([kind, heading]) => {
  const remarks = outcome.remarks.filter((each) => each.kind === kind);
  return remarks.length === 0 ? [] : ['', heading, ...remarks.map((each) => `  ${remarkText(each)}`)];
});

/** The whole Corefile; `from` is what it was made of. */
export function corefileText(outcome: Outcome, from: string): string {
  const remarks = remarkRows(outcome).slice(1).map((row) => (row === '' ? '#' : `# ${row}`));
  const blocks = outcome.blocks.flatMap((block) => ['', ...blockRows(block)]);
  return `${[`# Made of ${shown(from)} by coredns-ts import.`, ...blocks, ...remarks.length === 0 ? [] : ['', ...remarks]].join('\n')}\n`;
}

/** The report, for whoever looks what came over. */
export function reportText(outcome: Outcome, from: string): string {
  const files = [...outcome.files].map(([name, { secret }]) => `  ${name}${secret ? ' (for its owner alone: there are keys in it)' : ''}`);
  return `${[
    `${shown(from)}: ${outcome.taken} settings came over, ${outcome.remarks.filter(({ kind }) => kind !== 'note').length} did not.`,
    ...remarkRows(outcome), ...files.length === 0 ? [] : ['', 'Files beside the Corefile:', ...files],
  ].join('\n')}\n`;
}
