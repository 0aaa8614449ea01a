// What would be right, for an error of a Corefile: the error's own hint, and the form of the line from the word's page. Knows errors and
// the table of forms; knows no plugin.
import type { CorefileError } from '../corefile/error.ts';
import { lex } from '../corefile/lex.ts';
import { nearestWord } from '../corefile/suggest.ts';
import type { Sources } from './sources.ts';
import { Syntax, syntaxOf } from './syntax.ts';

/** The help for an error; undefined where there is none. `others` are the forms of plugins of other packages, by their words. */
export function adviceFor(error: CorefileError, sources: Sources, others: ReadonlyMap<string, string> = new Map()): string | undefined {
  const { plugin, hint, code } = error;
  if (plugin === undefined || code === 'not-built') return hint;
  const other = others.get(plugin);
  const syntax = other === undefined ? syntaxOf(plugin) : new Syntax(plugin, other);
  const [first, ...args] = lex(sources.line(error) ?? '', error.file).words.map(({ text }) => text);
  if (syntax === undefined || first === undefined) return hint;
  const wrongCount = code === 'arguments';
  const form = syntax.advice(first, args, wrongCount);
  if (hint === undefined && form === undefined) return alternative(error.reason, [first, ...args], syntax.formsOf(first));
  if (hint === undefined || form === undefined) return hint ?? form;
  return wrongCount ? `${form}: ${hint}` : hint;
}

/** A word of the line that the message names, and that is nearly one of the words that could stand there. */
function alternative(message: string, line: readonly string[], forms: readonly string[]): string | undefined {
  const words = (text: string) => text.match(/[a-z][a-z0-9_-]{2,}/g) ?? [];
  const named = new Set(words(message));
  const right = new Set(forms.flatMap(words));
  const could = [...named, ...right].filter((word) => !line.includes(word));
  for (const word of line.filter((each) => named.has(each) && !right.has(each))) {
    const nearest = nearestWord(word, could);
    if (nearest !== undefined) return `did you mean '${nearest}'?`;
  }
  return undefined;
}
