// What an editor shows at a place of a Corefile: what can be written there, and what that means which stands there. Knows the pages' tables
// and places; knows no protocol.
import { documentedWords, pageOf, syntaxOf } from './syntax.ts';
import type { Spot } from './spot.ts';

/** One thing that can be written. */
export interface Proposal {
  readonly word: string;
  /** Its forms. */
  readonly detail: string;
  readonly isPlugin: boolean;
}

/** What can stand as the word of this place; nothing where it is not the first of its line. */
export function proposalsAt({ around, before, word }: Spot): readonly Proposal[] {
  if (before.length > 1 || (before.length === 1 && word === undefined)) return [];
  const [block, line] = around;
  if (block === undefined || around.length > 2) return [];
  if (line === undefined) {
    return documentedWords.map((each) => ({ word: each, detail: syntaxOf(each)?.lines.join(', or ') ?? each, isPlugin: true }));
  }
  return [...syntaxOf(line)?.properties ?? []].map(([each, forms]) => ({ word: each, detail: forms.join(', or '), isPlugin: false }));
}

/** What the word of this place means, as Markdown; undefined where nobody knows. */
export function meaningAt({ around, before, word }: Spot): string | undefined {
  if (word === undefined || before.length !== 1 || around.length === 0) return undefined;
  const [, line] = around;
  return line === undefined ? meaningOf(word.text) : propertyOf(line, word.text);
}
/** A plugin's forms, and the first paragraph of its page. */
function meaningOf(word: string): string | undefined {
  const syntax = documentedWords.includes(word) ? syntaxOf(word) : undefined;
  if (syntax === undefined) return undefined;
  const page = pageOf(word) ?? '';
  const [, about = ''] = /^## Description\n+([\s\S]*?)\n\n/m.exec(page) ?? [];
  const inside = [...syntax.properties.keys()].join(', ');
  return block([...syntax.lines, ...(inside === '' ? [] : [`# in braces: ${inside}`])], about);
}
/** The forms of a property, and what the page's list says of it. */
function propertyOf(word: string, property: string): string | undefined {
  const forms = syntaxOf(word)?.properties.get(property);
  if (forms === undefined) return undefined;
  const items = (pageOf(word) ?? '').split(/^(?=\* |\n)/m);
  const about = items.find((item) => item.startsWith(`* \`${property}`) || item.startsWith(`* **${property}`)) ?? '';
  return block(forms, about.replace(/^\* /, '').trim());
}
const block = (forms: readonly string[], about: string): string => `\`\`\`\n${forms.join('\n')}\n\`\`\`\n${about}`.trim();
