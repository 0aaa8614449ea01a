// What is remembered of a question and of an outcome at one moment of a walk, and how two of them differ, as words. Knows messages; knows
// no part and no server.
import { OPTION, readExtendedError } from '../dns/edns-options.ts';
import { rcodeName } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { className, typeName } from '../dns/type-name.ts';
import { AA, AD, RA, TC } from '../kernel/query/message.ts';
import { NotKnownHere } from '../kernel/query/outcome.ts';
import type { ExtendedError, Outcome } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';

/** A question as a part got it. */
export interface QuestionSight {
  readonly name: string;
  readonly type: string;
  /** 'IN' mostly. */
  readonly class: string;
  /** The request's options by their numbers, and the DO and CD bits, as words. */
  readonly asks: string;
}
/** What a part said. */
export interface OutcomeSight {
  readonly kind: Outcome['kind'] | 'threw';
  /** '' where nothing was said. */
  readonly rcode: string;
  /** aa, tc, ra, ad. */
  readonly flags: readonly string[];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** Why it failed; undefined where nobody said. */
  readonly cause: string | undefined;
  /** What would be known on a server alone. */
  readonly isUnknown: boolean;
}

const BITS = [[AA, 'aa'], [TC, 'tc'], [RA, 'ra'], [AD, 'ad']] as const;
const NOTHING = { rcode: '', flags: [], answer: [], authority: [], additional: [] };

/** The question as it stands now. */
export function questionSight(query: Query): QuestionSight {
  const options = (query.edns?.options ?? []).map(({ code }) => code);
  const flags = query.flags;
  const asks = [
    ...((flags & 0x10) === 0 ? [] : ['cd']), ...(query.edns?.dnssecOk === true ? ['do'] : []), ...options.map((code) => `option ${code}`),
  ];
  return { name: query.name.text, type: typeName(query.type), class: className(query.class), asks: asks.join(' ') };
}

/** What was said, as it stands now: the bytes are another reply's soon. */
export function outcomeSight(outcome: Outcome | undefined): OutcomeSight {
  if (outcome === undefined) return { ...NOTHING, kind: 'threw', rcode: 'SERVFAIL', cause: 'it threw an error', isUnknown: false };
  const { kind } = outcome;
  const cause = outcome.cause instanceof Error ? outcome.cause.message : outcome.cause === undefined ? undefined : String(outcome.cause);
  const isUnknown = outcome.cause instanceof NotKnownHere;
  if (kind !== 'reply') return { ...NOTHING, kind, rcode: kind === 'failure' ? rcodeName(outcome.rcode) : '', cause, isUnknown };
  const flags = BITS.flatMap(([bit, word]) => ((outcome.flags & bit) === 0 ? [] : [word]));
  const head = { kind: 'reply' as const, rcode: rcodeName(outcome.rcode), flags };
  try {
    const { answer, authority, additional } = outcome.parts();
    return { ...head, answer: texts(answer), authority: texts(authority), additional: texts(additional), cause, isUnknown };
  } catch {
    return { ...NOTHING, ...head, cause: 'the reply is malformed', isUnknown };
  }
}
const texts = (records: readonly RR[]): readonly string[] => records.map((each) => printRR(each).replaceAll('\t', ' '));

/** The Extended DNS Errors of a reply that was sent. */
export const errorsOf = (edns: Query['edns']): readonly ExtendedError[] => (edns?.options ?? []).filter(({ code }) => code === OPTION.EDE)
  .map((option) => readExtendedError(option)).map(({ infoCode, text }) => ({ code: infoCode, text }));

/** How a question was changed; '' where it is the same. */
export function questionChange(from: QuestionSight, to: QuestionSight): string {
  const isOther = from.name !== to.name || from.type !== to.type || from.class !== to.class;
  const klass = to.class === 'IN' ? '' : ` ${to.class}`;
  const said = isOther ? [`${from.name} ${from.type} -> ${to.name}${klass} ${to.type}`] : [];
  if (from.asks !== to.asks) said.push(`asked with ${to.asks === '' ? 'nothing more' : to.asks}`);
  return said.join(', ');
}

/** Records that are told of each change. */
const MOST = 3;
/** How an outcome was changed; '' where it is the same. */
export function outcomeChange(from: OutcomeSight, to: OutcomeSight): string {
  const said: string[] = [];
  if (from.rcode !== to.rcode || (from.kind === 'drop') !== (to.kind === 'drop')) said.push(`${wordOf(from)} -> ${wordOf(to)}`);
  said.push(...to.flags.filter((flag) => !from.flags.includes(flag)).map((flag) => `sets ${flag}`));
  said.push(...from.flags.filter((flag) => !to.flags.includes(flag)).map((flag) => `clears ${flag}`));
  for (const section of ['answer', 'authority', 'additional'] as const) {
    const name = section === 'answer' ? '' : `${section} `;
    said.push(...sectionChange(from[section], to[section]).map((text) => `${name}${text}`));
  }
  return said.join(', ');
}
function sectionChange(from: readonly string[], to: readonly string[]): readonly string[] {
  if (from.join('\n') === to.join('\n')) return [];
  const gone = from.filter((record) => !to.includes(record));
  const fresh = to.filter((record) => !from.includes(record));
  if (gone.length === 0 && fresh.length === 0) return from.length === to.length ? ['records in another order'] : ['records repeated'];
  const pairs = gone.length === fresh.length ? gone.map((record, i) => [record, fresh[i]!] as const) : [];
  for (const change of [ttlChange, nameChange]) {
    const changes = new Set(pairs.map(change));
    if (changes.size > 0 && !changes.has('')) return [...changes].slice(0, MOST);
  }
  return [...told('-', gone), ...told('+', fresh)];
}
/** How a record became another one, if that is all; '' where it is not. */
const ttlChange = ([from, to]: readonly [string, string]): string =>
  (withoutTtl(from) === withoutTtl(to) ? `ttl ${ttlOf(from)} -> ${ttlOf(to)}` : '');
const nameChange = ([from, to]: readonly [string, string]): string =>
  (behindOwner(from) === behindOwner(to) ? `name ${ownerOf(from)} -> ${ownerOf(to)}` : '');
function told(sign: string, records: readonly string[]): readonly string[] {
  const more = records.length - MOST;
  return [...records.slice(0, MOST).map((record) => `${sign} ${record}`), ...(more > 0 ? [`${sign} ${more} more`] : [])];
}
/** What an outcome is in a word. */
export const wordOf = ({ kind, rcode }: OutcomeSight): string => (kind === 'drop' ? 'no reply' : kind === 'stream' ? 'a transfer' : rcode);
const withoutTtl = (record: string): string => record.replace(/^(\S+) \d+ /, '$1 ');
const ownerOf = (record: string): string => record.slice(0, record.indexOf(' '));
const behindOwner = (record: string): string => record.slice(record.indexOf(' '));
/** The TTL of a record's text. */
export const ttlOf = (record: string): number => Number(/^\S+ (\d+) /.exec(record)?.[1] ?? 0);
/** What stands behind owner, TTL, class and type in a record's text. */
export const dataOf = (record: string): string => record.replace(/^\S+ \d+ \S+ \S+ ?/, '');
