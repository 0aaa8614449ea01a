// What somebody expects of an answer, as words: `NOERROR 10.96.14.7`, `NXDOMAIN`, `by:cache`. Knows replies as they are explained.
import { rcodeByName, rcodeName } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import { typeName } from '../dns/type-name.ts';
import type { Explanation } from './ask.ts';
import { dataOf } from './sight.ts';

/** What an answer has to be. */
export interface Expectation {
  /** Its rcode; undefined is any. */
  readonly rcode: string | undefined;
  /** All data of the records of the type that was asked for; none given is any. */
  readonly data: readonly string[];
  /** Who answers; undefined is anybody. */
  readonly by: string | undefined;
  /** Nothing is to be said at all. */
  readonly silent: boolean;
}

/** Reads the words; data with blanks stands in double quotes. A text says what cannot be read. */
export function readExpectation(text: string): Expectation | string {
  const words = text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  if (words.length === 0) return 'nothing is expected';
  let rcode: string | undefined;
  let by: string | undefined;
  const data: string[] = [];
  if (words.join(' ') === 'no reply') return { rcode, data, by, silent: true };
  for (const word of words) {
    if (word.startsWith('by:')) by = word.slice(3);
    else if (rcode === undefined && data.length === 0 && rcodeByName(word.toUpperCase()) !== undefined) rcode = word.toUpperCase();
    else data.push(word.startsWith('"') && word.endsWith('"') && word.length > 1 ? word.slice(1, -1) : word);
  }
  return { rcode, data, by, silent: false };
}

/** What is otherwise than expected; undefined where nothing is. */
export function disappointment(expected: Expectation, { reply, by, unknown, walk }: Explanation): string | undefined {
  if (unknown !== undefined) return `the answer is not known here: ${unknown}`;
  if (expected.silent || reply === undefined) {
    return expected.silent === (reply === undefined) ? undefined : expected.silent ? 'there is a reply' : 'there is no reply';
  }
  const rcode = rcodeName(reply.rcode);
  if (expected.rcode !== undefined && expected.rcode !== rcode) return `it is ${rcode}`;
  if (expected.by !== undefined && expected.by !== by?.name) return `it comes from ${by?.name ?? 'nobody'}`;
  if (expected.data.length === 0) return undefined;
  const asked = walk.asked[0]?.question.type;
  const records = reply.answer.filter(({ type }) => asked === 'ANY' || typeName(type) === asked);
  const got = (records.length > 0 ? records : reply.answer).map((each) => dataOf(printRR(each).replaceAll('\t', ' ')));
  const plain = (texts: readonly string[]): string => texts.map((each) => each.toLowerCase().replace(/^"|"$/g, '')).sort().join('\n');
  return plain(got) === plain(expected.data) ? undefined : `it says ${got.length === 0 ? 'nothing' : got.join(', ')}`;
}
