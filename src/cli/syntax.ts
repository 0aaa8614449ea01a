// The forms of each word's lines and of their properties, as the Syntax sections of the plugins' pages have them: one table, from which
// hints, completion and the manual come. Knows pages; knows no plugin. Read when something is wrong, never by a start.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearestWord } from '../corefile/suggest.ts';
import { standardWords } from '../plugins/words.ts';

/** The folder of the package: this file, and the bundle that it becomes part of, lie two folders below. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What can be written for one word. */
export class Syntax {
  readonly word: string;
  /** `forward FROM TO...`, without braces. */
  readonly lines: readonly string[];
  /** What may stand in the braces, by its first word: `max_fails INTEGER`. */
  readonly properties: ReadonlyMap<string, readonly string[]>;
  /** Whether the braces take other words as well: addresses, rules. */
  readonly open: boolean;

  /** Reads the text of a Syntax section: lines, and properties that are indented. */
  constructor(word: string, text: string) {
    const lines = new Set<string>();
    const properties = new Map<string, string[]>();
    let open = false;
    for (const line of text.split('\n')) {
      const form = line.trim().replace(/ \{$/, '');
      const [first = ''] = form.split(' ');
      if (!line.startsWith(' ')) {
        if (form !== '}') lines.add(form);
      } else if (/^[a-z]/.test(first)) properties.set(first, [...properties.get(first) ?? [], form]);
      else open = true;
    }
    this.word = word;
    this.lines = [...lines];
    this.properties = properties;
    this.open = open;
  }

  /** What would be right in place of a line of this word, or of one in its braces; undefined where the line says nothing wrong. */
  advice(first: string, args: readonly string[], wrongCount: boolean): string | undefined {
    if (first !== this.word) return this.#property(first, wrongCount);
    const property = args.find((arg) => this.properties.has(arg));
    if (property !== undefined) return this.inBraces(property);
    return wrongCount ? this.lines.join(', or ') : undefined;
  }
  /** The forms of a line that begins with this word: the word's own, or those of a property. */
  formsOf(first: string): readonly string[] {
    return first === this.word ? this.lines : this.properties.get(first) ?? [];
  }
  /** What to do with a property that stands behind the word. */
  inBraces(property: string): string {
    return `${property} is a property: it stands in braces, \`${this.word} ... {\`, on a line of its own`;
  }
  #property(first: string, wrongCount: boolean): string | undefined {
    const forms = this.properties.get(first);
    if (forms !== undefined) return wrongCount ? forms.join(', or ') : undefined;
    if (this.open || this.properties.size === 0) return undefined;
    const nearest = nearestWord(first, this.properties.keys());
    return nearest === undefined ? `there are: ${[...this.properties.keys()].join(', ')}` : `did you mean '${nearest}'?`;
  }
}

/** Words that have a page. */
export const documentedWords: readonly string[] = standardWords.map(({ name }) => name).sort();

/** The page of a word; undefined where pages are not at hand. */
export const pageOf = (word: string): string | undefined => textOf('src', 'plugins', word, 'README.md');

const known = new Map<string, Syntax | undefined>();
/** The forms of a word; undefined where no page tells them. */
export function syntaxOf(word: string): Syntax | undefined {
  if (!known.has(word)) known.set(word, documentedWords.includes(word) ? read(word) : undefined);
  return known.get(word);
}
function read(word: string): Syntax | undefined {
  const section = pageOf(word)?.split(/^(?=## )/m).find((text) => text.startsWith('## Syntax')) ?? packed()[word] ?? '';
  const forms = [...section.matchAll(/^(~~~|```) *txt\n([\s\S]*?)^\1$/gm)].map(([, , text = '']) => text.trimEnd())
    .filter((text) => text === word || text.startsWith(`${word} `));
  return forms.length === 0 ? undefined : new Syntax(word, forms.join('\n'));
}
/** The sections that the build has put beside the bundle. */
const packed = (): Readonly<Record<string, string>> => JSON.parse(textOf('dist', 'syntax.json') ?? '{}') as Record<string, string>;
function textOf(...parts: readonly string[]): string | undefined {
  try {
    return readFileSync(join(ROOT, ...parts), 'utf8');
  } catch {
    return undefined;
  }
}
