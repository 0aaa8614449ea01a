// Which record a request means: a few questions, each for one name. Knows how TXTDirect names records; who answers is handed to it.
import { readRecord } from './record.ts';
import type { RedirectRecord } from './record.ts';

/** The texts of the TXT records at a name, each a list of its strings; none where there is none. */
export type AskTexts = (name: string) => Promise<readonly (readonly string[])[]>;

/** Questions of one request; records that one leads to by `use`; parts of a path. */
const MOST_QUESTIONS = 16, DEEPEST = 5, MOST_PARTS = 10;
const LONGEST_LABEL = 63, LONGEST_NAME = 253;

/** What was found, or why there is nothing. */
export type Found = { readonly record: RedirectRecord; readonly isRoot: boolean } | { readonly why: string };

/** One request. */
export class Search {
  readonly #ask: AskTexts;
  #questions = 0;
  #why = 'no record';

  constructor(ask: AskTexts) {
    this.#ask = ask;
  }
  /** The record for a host, in lower case and without a port, and a path. */
  async find(host: string, path: string): Promise<Found> {
    const above = host.slice(host.indexOf('.') + 1);
    const record = await this.#first([`_redirect.${host}`, `_redirect._.${host}`, ...(above === host ? [] : [`_redirect._.${above}`])]);
    if (record === undefined) return { why: this.#why };
    if (record.type === 'host') return { record, isRoot: false };
    const parts = partsOf(path, record.from);
    if (parts === undefined) return { why: 'no path that a name could be made of' };
    if (parts.length === 0) return { record, isRoot: true };
    const labels = parts.toReversed();
    // From left to right each is taken for any, one question each.
    const names = [labels, ...labels.map((_, i) => labels.map((label, k) => (k <= i ? '_' : label)))];
    const found = await this.#first(names.map((each) => `_redirect.${each.join('.')}.${host}`));
    return found === undefined ? { why: this.#why } : { record: found, isRoot: false };
  }
  async #first(names: readonly string[], seen: ReadonlySet<string> = new Set()): Promise<RedirectRecord | undefined> {
    for (const name of names) {
      const record = await this.#at(name, seen);
      if (record !== undefined) return record;
    }
    return undefined;
  }
  async #at(name: string, seen: ReadonlySet<string>): Promise<RedirectRecord | undefined> {
    if (name.length > LONGEST_NAME || ++this.#questions > MOST_QUESTIONS) return this.#none(`more than ${MOST_QUESTIONS} questions`);
    const [texts, second] = await this.#ask(name);
    if (texts === undefined) return undefined;
    if (second !== undefined || texts.length !== 1) return this.#none(`${name} has more than one text`);
    const record = readRecord(texts[0]!);
    if (typeof record === 'string') return this.#none(`${name}: ${record}`);
    if (record.use.length === 0) return record;
    if (seen.size >= DEEPEST) return this.#none(`${name}: more than ${DEEPEST} records lead to one another`);
    const others = record.use.map((each) => each.replace(/\.$/, '').toLowerCase());
    const [again] = others.filter((each) => each === name || seen.has(each));
    if (again !== undefined) return this.#none(`${name}: use leads back to ${again}`);
    return this.#first(others, new Set([...seen, name]));
  }
  #none(why: string): undefined {
    this.#why = why;
    return undefined;
  }
}

/** The parts of a path as labels, put together as `from` says; undefined where they can be none. */
function partsOf(path: string, from: string): readonly string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '').map((part) => part.toLowerCase().replaceAll('.', '-'));
  const chosen = from === '' ? parts : from.split('/').filter((part) => part !== '').map((part) => {
    const number = /^\$(\d{1,2})$/.exec(part)?.[1];
    return number === undefined ? part : parts[Number(number) - 1] ?? '';
  }).filter((part) => part !== '');
  const fits = chosen.length <= MOST_PARTS && chosen.every((part) => part.length <= LONGEST_LABEL && /^[\w~-]+$/.test(part));
  return fits ? chosen : undefined;
}
