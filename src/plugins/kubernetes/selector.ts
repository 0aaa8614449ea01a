// Label selectors as text and as a question to an object's labels (`labels`, `namespace_labels`). Knows the grammar that Kubernetes has
// for them; knows no objects and no API.
import { quoted } from '../../wording/quote.ts';
import { keyProblems, valueProblems } from './label-syntax.ts';

/** A text that is no label selector; the message is what CoreDNS says. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/** Labels of an object. */
export type Labels = { readonly [key: string]: string };

type Operator = 'in' | 'notin' | '=' | 'exists' | '!' | '!=' | 'gt' | 'lt';
interface Requirement { readonly key: string; readonly operator: Operator; readonly values: readonly string[] }
/** `word`: a key, a value, `in` or `notin`. The end of the text is a token without text. */
interface Token { readonly text: string; readonly word: boolean }

const END: Token = { text: '', word: false };
const TOKEN = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^=!(),<> \t\r\n\0]+)\0?)/y;
const BINARY: { readonly [word: string]: Operator } = { in: 'in', notin: 'notin', '=': '=', '==': '=', '!=': '!=', '>': 'gt', '<': 'lt' };

/** Requirements that labels must all meet. */
export class Selector {
  /** The same selector for the API's query, always written the same way; '' where it takes everything. */
  readonly text: string;
  readonly #requirements: readonly Requirement[];

  private constructor(requirements: readonly Requirement[]) {
    this.#requirements = requirements;
    this.text = requirements.map(print).join(',');
  }

  /**
   * Reads `app=web,tier in (a,b),!old`. Throws SelectorError. As CoreDNS, it refuses `!=` and comparisons of numbers, and of several
   * `key=value` for one key the last one counts.
   */
  static parse(text: string): Selector {
    const requirements = new Parser(text).read().toSorted(byKey);
    const exact = new Map<string, Requirement>();
    for (const each of requirements) {
      const { key, operator } = each;
      if (operator === 'gt' || operator === 'lt') throw new SelectorError(`"${operator}" isn't supported in label selectors`);
      if (operator === '!=') throw new SelectorError('"!=" is not a valid label selector operator');
      if (operator === '=') exact.set(key, each);
    }
    return new Selector([...exact.values(), ...requirements.filter(({ operator }) => operator !== '=')].toSorted(byKey));
  }

  /** Whether an object with these labels is meant. */
  matches(labels: Labels): boolean {
    return this.#requirements.every((each) => meets(each, labels));
  }
}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const has = Object.hasOwn(labels, key);
  if (operator === 'exists') return has;
  if (operator === '!') return !has;
  const listed = has && values.includes(labels[key]!);
  return operator === 'notin' ? !listed : listed;
}

function print({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  return operator === '=' ? `${key}=${values[0]}` : `${key} ${operator} (${values.join(',')})`;
}

const byKey = (a: Requirement, b: Requirement): number => Number(a.key > b.key) - Number(a.key < b.key);

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    found.push({ text: match[1] ?? match[2]!, word: match[2] !== undefined });
  }
  return found;
}

/** Reads the tokens of one selector. */
class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }
  get #next(): Token {
    return this.#tokens[this.#at] ?? END;
  }
  #take(): Token {
    return this.#tokens[this.#at++] ?? END;
  }
  #fail(what: string): never {
    throw new SelectorError(`couldn't parse the selector string "${this.#text}": ${what}`);
  }
  /** Something is wrong with one requirement. */
  #failIn(what: string): never {
    this.#fail(`unable to parse requirement: ${what}`);
  }

  read(): Requirement[] {
    const found: Requirement[] = [];
    for (let first = this.#next; first !== END; first = this.#next) {
      if (!begins(first)) this.#fail(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      found.push(this.#requirement());
      const after = this.#take();
      if (after === END) break;
      if (after.text !== ',') this.#fail(`found '${after.text}', expected: ',' or 'end of string'`);
      if (!begins(this.#next)) this.#fail(`found '${this.#next.text}', expected: identifier after ','`);
    }
    return found;
  }

  #requirement(): Requirement {
    const absent = this.#next.text === '!';
    if (absent) this.#at++;
    const { text: key, word } = this.#take();
    if (!word) this.#failIn(`found '${key}', expected: identifier`);
    const problems = keyProblems(key);
    if (problems.length > 0) this.#failIn(invalid('<nil>', key, problems.join('; ')));
    if (absent) return { key, operator: '!', values: [] };
    if (this.#next === END || this.#next.text === ',') return { key, operator: 'exists', values: [] };
    const symbol = this.#take().text;
    if (!Object.hasOwn(BINARY, symbol)) this.#failIn(`found '${symbol}', expected: in, notin, =, ==, !=, gt, lt`);
    const operator = BINARY[symbol]!;
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#value()];
    this.#check(key, operator, values);
    return { key, operator, values };
  }
  #check(key: string, operator: Operator, values: readonly string[]): void {
    const wrong: string[] = [];
    if ((operator === 'gt' || operator === 'lt') && !isInteger(values[0]!)) {
      wrong.push(invalid('values[0]', values[0]!, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
    for (const [index, value] of values.entries()) {
      const problems = valueProblems(value);
      if (problems.length > 0) wrong.push(invalid(`values[${index}][${key}]`, value, problems.join('; ')));
    }
    if (wrong.length > 0) this.#failIn(wrong.length === 1 ? wrong[0]! : `[${wrong.join(', ')}]`);
  }

  /** What stands behind `=`: nothing is the empty value. */
  #value(): string {
    if (this.#next === END || this.#next.text === ',') return '';
    const { text, word } = this.#take();
    return word ? text : this.#failIn(`found '${text}', expected: identifier`);
  }
  /** `(a,b)`, sorted, each once. An empty place among the commas is the empty value. */
  #values(): readonly string[] {
    const open = this.#take();
    if (open.text !== '(') this.#failIn(`found '${open.text}' expected: '('`);
    const found = new Set<string>();
    if (!this.#next.word && this.#next.text !== ',' && this.#next.text !== ')') {
      this.#failIn(`found '${this.#next.text}', expected: ',', ')' or identifier`);
    }
    // An empty place lies before a comma or a closing parenthesis, behind a comma or the opening one.
    for (let empty = true; ;) {
      const { text, word } = this.#take();
      if (word) {
        found.add(text);
        if (this.#next.text !== ',' && this.#next.text !== ')') this.#failIn(`found '${this.#next.text}', expected: ',' or ')'`);
      } else if (text === ',' || text === ')') {
        if (empty) found.add('');
        if (text === ')') return [...found].sort();
      } else this.#failIn(`found '${text}', expected: ',', or identifier`);
      empty = !word;
    }
  }
}

const begins = ({ text, word }: Token): boolean => word || text === '!';
const invalid = (field: string, value: string, why: string): string => `${field}: Invalid value: ${quoted(value)}: ${why}`;
function isInteger(text: string): boolean {
  if (!/^[+-]?[0-9]+$/.test(text)) return false;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value;
}
