// What a template sees of a query (TPL-5): names as Go's templates spell them, each made when the template first asks. Knows queries
// and matches; knows nothing of records that are made.
import { CLASS, className, TYPE, typeName } from '../../dns/type-name.ts';
import type { Name } from '../../dns/name.ts';
import { TypedMap } from '../../gotemplate/index.ts';
import type { Query } from '../../kernel/query/query.ts';
import { lowerName } from '../../kernel/query/query-functions.ts';
import { Question, RequestMessage } from './request-message.ts';

const NONE: ReadonlyMap<string, unknown> = new Map();

/** What the stanza says that matched. */
export interface Matched {
  readonly class: number;
  readonly type: number;
  /** The regular expression that was found, and its named groups. */
  readonly pattern: string;
  readonly names: ReadonlyMap<string, number>;
  /** What it found, then its groups; undefined where the whole name matches whatever it is. */
  readonly found: readonly string[] | undefined;
}

/** The data of one answer. Its names are those that templates use. */
export class TemplateData {
  /** What a template that asks for more is told it asked. */
  static readonly goType = '*template.templateData';
  readonly #query: Query;
  readonly #zone: Name;
  readonly #matched: Matched;
  /** Values of `var`. */
  Var: ReadonlyMap<string, unknown> = NONE;
  #name: string | undefined = undefined;
  #groups: TypedMap<string> | undefined = undefined;

  constructor(query: Query, zone: Name, matched: Matched) {
    this.#query = query;
    this.#zone = zone;
    this.#matched = matched;
  }

  get Zone(): string {
    return this.#zone.text;
  }
  get Name(): string {
    return (this.#name ??= lowerName(this.#query));
  }
  get Regex(): string {
    return this.#matched.pattern;
  }
  get Match(): readonly string[] {
    return this.#matched.found ?? [this.Name];
  }
  get Group(): TypedMap<string> {
    if (this.#groups !== undefined) return this.#groups;
    const groups = new TypedMap('');
    this.Match.forEach((text, i) => groups.set(String(i), text));
    for (const [name, number] of this.#matched.names) groups.set(name, this.Match[number] ?? '');
    this.#groups = groups;
    return groups;
  }
  /** The class that was asked for; of a question for any class, the stanza's. */
  get Class(): string {
    const number = this.#query.class === CLASS.ANY ? this.#matched.class : this.#query.class;
    if (number === CLASS.ANY) return 'ANY';
    const name = className(number);
    return name.startsWith('CLASS') ? '' : name;
  }
  get Type(): string {
    const name = typeName(this.#query.type === TYPE.ANY ? this.#matched.type : this.#query.type);
    return /^TYPE\d/.test(name) ? '' : name;
  }
  get Question(): Question {
    return new Question(this.#query.name, this.#query.type, this.#query.class);
  }
  get Message(): RequestMessage {
    return new RequestMessage(this.#query.parts());
  }
  get Remote(): string {
    return this.#query.clientAddress;
  }
  /** A metadata label's value, '' where it has none (META-2). */
  Meta(label: string): string {
    return this.#query.label(label) ?? '';
  }
}
