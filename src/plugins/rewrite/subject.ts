// The question while rules are tried on it, one after the other. Knows what it is now; knows no rule and no reply.
import type { Query } from '../../kernel/query/query.ts';
import type { Responses } from './responses.ts';
import { questionText, writeName } from './spelling.ts';

/** What rules look at and change. One object serves one query after the other. */
export class Subject {
  /** What came in. */
  query!: Query;
  /** Whose OPT rules change: the query itself, or a copy with more room where its packet has none left. */
  target!: Query;
  /** The name as rules compare it: lower-case text with its last dot. */
  text = '.';
  type = 0;
  class = 0;
  /** The octets of the name that a rule gave, and how many they are: 0 while none did. */
  readonly name = new Uint8Array(256);
  nameLength = 0;

  begin(query: Query): void {
    this.query = query;
    this.target = query;
    this.text = questionText(query);
    this.type = query.type;
    this.class = query.class;
    this.nameLength = 0;
  }

  /** Gives the question another name. `valid` says whether it is one. */
  rename(text: string): void {
    this.text = text;
    this.nameLength = writeName(text, this.name, 0);
  }
  /** False after a name that is none (REW-3). */
  get valid(): boolean {
    return this.nameLength >= 0;
  }
  /** Whether another question is to be asked. */
  get changed(): boolean {
    return this.nameLength !== 0 || this.type !== this.query.type || this.class !== this.query.class || this.target !== this.query;
  }
  /** The name as text in the spelling that it has in the question. */
  get spelled(): string {
    return this.nameLength === 0 ? this.query.name.text : this.text;
  }
}

/** One rule of the Corefile. */
export interface Rule {
  /** No other rule is tried after this one applied (REW-1). */
  readonly stops: boolean;
  /** An EDNS option's code that replies may echo because of this rule (EDNS-3). */
  readonly echoes?: number;
  /** Changes the question, and says what to do to the reply; undefined where the rule does not apply. */
  apply(subject: Subject): Responses | undefined;
}
