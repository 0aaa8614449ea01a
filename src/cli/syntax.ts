// The forms of each word's lines and of their properties, as the plugins' pages have them: one table, from which hints, completion and the
// manual come. Knows the table; knows no plugin.
import { nearestWord } from '../corefile/suggest.ts';
import table from '../plugins/syntax.json' with { type: 'json' };

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
export const documentedWords: readonly string[] = Object.keys(table);

/** The forms of a word; undefined where no page tells them. */
export function syntaxOf(word: string): Syntax | undefined {
  const text = Object.hasOwn(table, word) ? table[word as keyof typeof table] : '';
  return text === '' ? undefined : new Syntax(word, text);
}
