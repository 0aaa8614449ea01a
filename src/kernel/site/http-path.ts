// A path at which DNS is asked for over HTTP, as a Corefile says it. Knows its form; knows no request.
import type { Directive } from '../../corefile/directive.ts';
import { quoted } from '../../wording/quote.ts';
import { PATH_TEMPLATE } from '../query/http-setting.ts';

/** Reads the one argument of `path`. Refuses what is no path, and one with a name twice. */
export function readPath(line: Directive): string {
  const text = line.only();
  line.bare();
  const names = [...text.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name!);
  if (!PATH_TEMPLATE.test(text)) line.fail(`invalid path template ${quoted(text)}`, 'it is like /dns-query/{client}');
  if (new Set(names).size < names.length) line.fail(`a name stands twice in path template ${quoted(text)}`);
  return text;
}
