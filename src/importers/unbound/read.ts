// An unbound.conf as clauses of settings, all of them: those that the plugin *unbound* obeys and those that it does not. Knows names and
// words;
// what they mean it does not.
import { confName } from '../../plugins/unbound/conf-names.ts';
import { CLAUSES } from '../../plugins/unbound/conf-names.ts';
import { ConfError, confWords } from '../../plugins/unbound/conf-words.ts';
import type { ConfWord } from '../../plugins/unbound/conf-words.ts';
import { ImportError } from '../outcome.ts';
import type { Where } from '../outcome.ts';
import type { Source } from '../source.ts';

/** One setting. */
export interface Setting extends Where {
  readonly name: string;
  readonly values: readonly string[];
}
/** A clause with its settings. */
export interface Clause extends Where {
  readonly kind: string;
  readonly settings: Setting[];
}

/** Clauses whose settings have names that are also others'. */
const OTHERS: ReadonlySet<string> = new Set(['remote-control', 'python', 'dynlib', 'cachedb', 'dnscrypt', 'dnstap', 'ipset']);

/** The clauses of a file, with what it includes. Throws ImportError. */
export function clausesOf(path: string, source: Source, from: Where): Clause[] {
  const words: ConfWord[] = [];
  read(path, source, from, words);
  const clauses: Clause[] = [];
  for (let i = 0; i < words.length;) {
    const word = words[i++]!;
    const at: Where = { file: word.file, line: word.line };
    if (!isName(word)) throw new ImportError(at, `${JSON.stringify(word.text.slice(0, 60))} where a setting was expected`);
    const name = word.text.slice(0, -1);
    if (CLAUSES.has(name)) {
      clauses.push({ ...at, kind: name, settings: [] });
      continue;
    }
    const last = clauses.at(-1);
    if (last === undefined) throw new ImportError(at, `${name} stands in no clause`);
    const count = OTHERS.has(last.kind) ? undefined : confName(name)?.words;
    const values: string[] = [];
    while (i < words.length && values.length < (count ?? Infinity) && (count !== undefined
      || !isName(words[i]!))) values.push(words[i++]!.text);
    if (values.length < (count ?? 0)) throw new ImportError(at, `${name} lacks its value`);
    last.settings.push({ ...at, name, values });
  }
  return clauses;
}
const isName = ({ text, quoted }: ConfWord): boolean => !quoted && /^[a-z][a-z0-9-]*:$/.test(text);
const isKnown = (name: string): boolean => /^include(?:-toplevel)?$/.test(name) || CLAUSES.has(name) || confName(name) !== undefined;

function read(path: string, source: Source, from: Where, into: ConfWord[]): void {
  source.within(path, from, (text) => {
    const words = wordsOf(text, path);
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      if (word.quoted || (word.text !== 'include:' && word.text !== 'include-toplevel:')) {
        into.push(word);
        continue;
      }
      const named = words[++i];
      if (named === undefined) throw new ImportError(word, 'include lacks its file');
      for (const file of source.matching(named.text, named)) read(file, source, named, into);
    }
  });
}
function wordsOf(text: string, path: string): ConfWord[] {
  try {
    return confWords(text, path, isKnown);
  } catch (error) {
    if (!(error instanceof ConfError)) throw error;
    const [, line = '0', reason = error.message] = /:(\d+): (.*)$/s.exec(error.message) ?? [];
    throw new ImportError({ file: path, line: Number(line) }, reason);
  }
}
