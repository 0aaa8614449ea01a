// An unbound.conf as clauses of settings; what is included is read in its place. Knows names and words; what they mean to a resolver
// it does not.
import { quoted } from '../../wording/quote.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import { CLAUSES, confName, confNames } from './conf-names.ts';
import { ConfError, confWords } from './conf-words.ts';
import type { ConfWord } from './conf-words.ts';

/** A setting that is obeyed. */
export interface ConfSetting {
  readonly name: string;
  readonly values: readonly string[];
  readonly at: Pick<ConfWord, 'file' | 'line'>;
}
/** A clause with its settings. */
export interface ConfClause {
  readonly kind: 'server' | 'stub-zone' | 'forward-zone' | 'auth-zone' | 'rpz' | 'view';
  readonly settings: readonly ConfSetting[];
  readonly at: Pick<ConfWord, 'file' | 'line'>;
}
/** A file, read. */
export interface Conf {
  readonly clauses: readonly ConfClause[];
  /** Settings that have no meaning here, each once. */
  readonly idle: readonly string[];
}

/** Files within files. */
const DEEPEST = 16;

/** Reads a file. `readText` throws where one cannot be read. Throws ConfError with file and line. */
export function readConf(path: string, readText: (path: string) => string): Conf {
  const clauses: { kind: ConfClause['kind']; settings: ConfSetting[]; at: ConfClause['at'] }[] = [];
  const idle = new Set<string>();
  let isIdle = false;
  const words = expanded(path, readText, 0);
  for (let i = 0; i < words.length;) {
    const word = words[i++]!;
    const name = word.text.slice(0, -1);
    if (word.quoted || !word.text.endsWith(':')) throw new ConfError(word, `${quoted(word.text)} where a setting was expected`);
    const clause = CLAUSES.get(name);
    if (clause !== undefined) {
      const next = words[i];
      // One that is empty says nothing.
      const isEmpty = next === undefined || isClause(next);
      if (typeof clause === 'object' && !isEmpty) throw new ConfError(word, `${name}: ${clause.refused}`);
      isIdle = clause !== 'obeyed';
      if (!isIdle) clauses.push({ kind: name as ConfClause['kind'], settings: [], at: word });
      continue;
    }
    if (isIdle) {
      while (i < words.length && !isName(words[i]!)) i++;
      continue;
    }
    const known = confName(name);
    if (known === undefined) throw unknown(word, name);
    const values = words.slice(i, i + known.words);
    if (values.length < known.words || values.some(isClause)) throw new ConfError(word, `${name} lacks its value`);
    i += known.words;
    const { meaning } = known;
    if (typeof meaning === 'object' && !isOff(values)) throw new ConfError(word, `${name}: ${meaning.refused}`);
    if (meaning === 'idle') idle.add(name);
    if (meaning !== 'obeyed') continue;
    const last = clauses.at(-1);
    if (last === undefined) throw new ConfError(word, `${name} stands in no clause`);
    last.settings.push({ name, values: values.map(({ text }) => text), at: word });
  }
  return { clauses, idle: [...idle] };
}
const isName = ({ text, quoted }: ConfWord): boolean => !quoted && /^[a-z][a-z0-9-]*:$/.test(text);
const isClause = (word: ConfWord): boolean => isName(word) && CLAUSES.has(word.text.slice(0, -1));
/** Nobody misses what is turned off. */
const isOff = (values: readonly ConfWord[]): boolean => values.every(({ text }) => text === 'no' || text === '0' || text === '');
function unknown(word: ConfWord, name: string): ConfError {
  const nearest = nearestWord(name, confNames());
  return new ConfError(word, `unknown setting ${quoted(name)}${nearest === undefined ? '' : `: did you mean ${nearest}?`}`);
}

const isKnown = (name: string): boolean => /^include(?:-toplevel)?$/.test(name) || CLAUSES.has(name) || confName(name) !== undefined;

/** The words of a file and of those that it includes. */
function expanded(path: string, readText: (path: string) => string, depth: number): ConfWord[] {
  if (depth > DEEPEST) throw new ConfError({ file: path, line: 1 }, 'files include one another');
  const words = confWords(readText(path), path, isKnown);
  const all: ConfWord[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word.quoted || (word.text !== 'include:' && word.text !== 'include-toplevel:')) {
      all.push(word);
      continue;
    }
    const named = words[++i];
    if (named === undefined) throw new ConfError(word, 'include lacks its file');
    try {
      all.push(...expanded(named.text, readText, depth + 1));
    } catch (error) {
      if (error instanceof ConfError) throw error;
      throw new ConfError(named, (error as Error).message);
    }
  }
  return all;
}
