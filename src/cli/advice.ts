// What would be right, for an error of a Corefile: the error's own hint, and the form of the line from the word's page. Knows errors and
// the table of forms; knows no plugin.
import type { CorefileError } from '../corefile/error.ts';
import { lex } from '../corefile/lex.ts';
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
  if (hint === undefined || form === undefined) return hint ?? form;
  return wrongCount ? `${form}: ${hint}` : hint;
}
