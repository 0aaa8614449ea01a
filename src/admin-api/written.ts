// The Corefile that is served, as lines without its secrets, and what differs between two. Knows words; knows no plugin.
import type { Block } from '../corefile/block.ts';
import type { Directive } from '../corefile/directive.ts';
import type { Written } from '../kernel/site/plugin.ts';

/** Words whose arguments nobody is to see. */
const SECRET = /secret|passw|token|credential|api_?key|access_key|account_key|auth|^key$|^tsig$|^user$/i;
/** A name and password in a URL. */
const USER = /\/\/[^/@\s]+@/;

/** A line of a block, and those between its braces. */
export interface WrittenLine {
  readonly at: string;
  readonly word: string;
  readonly args: readonly string[];
  readonly lines?: readonly WrittenLine[];
}
/** A block. */
export interface WrittenBlock {
  readonly at: string;
  readonly keys: readonly string[];
  readonly lines: readonly WrittenLine[];
}

/** Blocks as they were written; what may be a secret is `***`. */
export const withoutSecrets = (blocks: readonly Block[]): readonly WrittenBlock[] => blocks.map(({ at, keys, directives }) => (
  { at: `${at.file}:${at.line}`, keys: keys.map(({ text }) => text), lines: directives.map((line) => written(line)) }));
function written({ at, word, args, body }: Directive): WrittenLine {
  return { at: `${at.file}:${at.line}`, word, args: hidden(word, args), ...(body === undefined ? {} : { lines: body.map(written) }) };
}
/** A path is none: it says where the secret is. */
const hidden = (word: string, args: readonly string[]): readonly string[] => args.map((arg) => {
  if (SECRET.test(word) && !arg.startsWith('/')) return '***';
  return arg.replace(USER, '//***@');
});

type Tree = readonly [word: string, args: readonly string[], body: readonly Tree[] | undefined | null];
/** A line that one of two Corefiles has and the other has not. */
export interface Change {
  readonly block: string;
  readonly word: string;
  readonly before?: string;
  readonly after?: string;
}
/** What differs between two Corefiles, line by line of each block. */
export function changesBetween(before: Written, after: Written): readonly Change[] {
  const [old, fresh] = [before, after].map(({ canonical }) => blocksOf(canonical)) as [Blocks, Blocks];
  const changes: Change[] = [];
  for (const block of new Set([...old.keys(), ...fresh.keys()])) {
    const [gone, come] = [old.get(block) ?? [], fresh.get(block) ?? []];
    const left = gone.filter((line) => !come.includes(line));
    const more = come.filter((line) => !gone.includes(line));
    for (const word of new Set([...left, ...more].map(wordOf))) {
      const [from, to] = [left, more].map((lines) => lines.filter((line) => wordOf(line) === word).join('; ')) as [string, string];
      changes.push({ block, word, ...(from === '' ? {} : { before: from }), ...(to === '' ? {} : { after: to }) });
    }
  }
  return changes;
}
type Blocks = ReadonlyMap<string, readonly string[]>;
const wordOf = (line: string): string => line.split(' ', 1)[0]!;
function blocksOf(canonical: string): Blocks {
  const blocks = JSON.parse(canonical) as readonly (readonly [keys: readonly string[], lines: readonly Tree[]])[];
  const found = new Map<string, readonly string[]>();
  for (const [keys, lines] of blocks) {
    const name = keys.join(' ');
    found.set(name, [...found.get(name) ?? [], ...lines.map(textOf)]);
  }
  return found;
}
function textOf([word, args, body]: Tree): string {
  const line = [word, ...hidden(word, args)].join(' ');
  return body === undefined || body === null ? line : `${line} { ${body.map(textOf).join('; ')} }`;
}
