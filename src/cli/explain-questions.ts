// The questions of `coredns-ts explain`, of its command line or of a file:
// `NAME TYPE [from CLIENT] [tcp] [do] [view V] [at SERVER] [=> EXPECTED]`. Knows words; asks nobody.
import { readExpectation } from '../explain/expectation.ts';
import type { Expectation } from '../explain/expectation.ts';
import { encodeMessage } from '../dns/message.ts';
import { CD, RD, message } from '../dns/parts.ts';
import { parseAddress } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import { CLASS, classByName, typeByName } from '../dns/type-name.ts';

/** One question and what is expected of it. */
export interface ExplainedQuestion {
  /** As it was written. */
  readonly text: string;
  readonly name: Name;
  readonly type: number;
  readonly client: string;
  readonly tcp: boolean;
  readonly dnssecOk: boolean;
  readonly view: string | undefined;
  /** The server, as `@` has it; undefined where none is named. */
  readonly at: string | undefined;
  readonly packet: Uint8Array;
  readonly expected: Expectation | undefined;
}
/** What a question has beside its words. */
export interface Beside {
  readonly tcp?: boolean;
  readonly dnssecOk?: boolean;
  readonly view?: string | undefined;
  readonly expect?: string | undefined;
}

/** Reads the words of one question, or says what is wrong with them. */
export function readQuestion(words: readonly string[], beside: Beside = {}): ExplainedQuestion | string {
  const rest = words.filter((word) => !word.startsWith('@'));
  const [nameText, typeText, ...more] = rest;
  if (nameText === undefined) return 'a name and a type are missing';
  const name = Name.maybe(nameText);
  if (name === undefined) return `"${nameText}" is no name`;
  const type = typeText === undefined ? undefined : typeByName(typeText.toUpperCase());
  if (type === undefined) return typeText === undefined ? `a type is missing behind ${nameText}` : `"${typeText}" is no type`;
  let { tcp = false, dnssecOk = false, view } = beside;
  let at = words.find((word) => word.startsWith('@'))?.slice(1);
  let client = '127.0.0.1';
  let klass: number = CLASS.IN;
  let flags = RD;
  for (let i = 0; i < more.length; i++) {
    const word = more[i]!;
    if (word === 'tcp') tcp = true;
    else if (word === 'udp') tcp = false;
    else if (word === 'do') dnssecOk = true;
    else if (word === 'cd') flags |= CD;
    else if (word === 'from' || word === 'view' || word === 'at') {
      const value = more[++i];
      if (value === undefined) return `what follows ${word} is missing`;
      if (word === 'view') view = value;
      else if (word === 'at') at = value;
      else if (parseAddress(value) === undefined) return `"${value}" is no address`;
      else client = value;
    } else if (classByName(word.toUpperCase()) !== undefined) klass = classByName(word.toUpperCase())!;
    else return `"${word}" is no word of a question`;
  }
  const expected = beside.expect === undefined ? undefined : readExpectation(beside.expect);
  if (typeof expected === 'string') return expected;
  const edns = { udpSize: 1232, version: 0, z: 0, extendedRcode: 0, dnssecOk, options: [] };
  const question = { name, type, class: klass };
  const packet = encodeMessage(message({ id: 1, opcode: 0, flags, question, edns }), { compress: false });
  return { text: words.join(' '), name, type, client, tcp, dnssecOk, view, at, packet, expected };
}

/** Reads a file of questions, one a line, `#` for remarks. What is wrong is told with its line. */
export function readQuestions(text: string, file: string, beside: Beside): readonly ExplainedQuestion[] | string {
  const questions: ExplainedQuestion[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [asked = '', expect] = line.replace(/(^|\s)#.*$/, '').split(/\s=>\s*/);
    const words = asked.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0 && expect === undefined) continue;
    const question = readQuestion(words, { ...beside, expect: expect?.trim() });
    if (typeof question === 'string') return `${file}:${index + 1}: ${question}`;
    questions.push(question);
  }
  return questions.length === 0 ? `${file} has no question` : questions;
}
