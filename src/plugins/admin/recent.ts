// What the API says of the last questions: which they were, and which names and clients were the most of them. Knows records and filters.
import { printAddress } from '../../dns/address.ts';
import { RCODE } from '../../dns/rcode.ts';
import { problem } from '../../http/problem.ts';
import type { HttpReply } from '../../http/message.ts';
import { RecentReader } from '../../kernel/seen/recent.ts';
import type { RecentQuestion } from '../../kernel/seen/recent.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { nameOf, questionJson, readFilter } from './filter.ts';

/** Questions of one reply, and lines of a list. */
const MOST = 1000, USUAL = 200, TOP = 20;

const json = (value: unknown): HttpReply => ({ status: 200, type: 'application/json', body: JSON.stringify(value) });
/** `0:1234,1:55`: how far each thread was read. Undefined where it is none. */
function readCursor(text: string): ReadonlyMap<number, number> | undefined {
  if (text === '') return new Map();
  if (!/^\d{1,3}:\d{1,10}(,\d{1,3}:\d{1,10}){0,255}$/.test(text)) return undefined;
  return new Map(text.split(',').map((each) => each.split(':').map(Number) as [number, number]));
}

/** The last questions that a filter fits, oldest first, and where to go on. */
export function recentQuestions(run: Run, query: URLSearchParams): HttpReply {
  const filter = readFilter(query.get('filter') ?? '');
  if (typeof filter === 'string') return problem(400, 'No filter', filter);
  const cursor = readCursor(query.get('after') ?? '');
  if (cursor === undefined) return problem(400, 'No place to go on from', 'after is what next was');
  const limit = Math.min(Number(/^\d{1,4}$/.exec(query.get('limit') ?? '')?.[0] ?? USUAL), MOST);
  const reader = new RecentReader(run.store.memory);
  const { written } = reader;
  const found: RecentQuestion[] = [];
  let lost = 0;
  for (const [thread, last] of written) {
    const from = cursor.get(thread) ?? (cursor.size === 0 ? last - MOST : 0);
    const there = reader.after(thread, Math.max(0, from));
    if (cursor.size > 0) lost += Math.max(0, last - from - there.length);
    found.push(...there.filter(filter));
  }
  const sorted = found.toSorted((one, other) => one.at - other.at).slice(-limit);
  const next = [...written].map(([thread, last]) => `${thread}:${last}`).join(',');
  return json({ queries: sorted.map(questionJson), next, lost, left: found.length - sorted.length });
}

/** Which names, clients, or names that fail are the most of the questions that are still recorded. */
export function tops(run: Run, what: string): HttpReply {
  const keyOf = KEYS[what];
  if (keyOf === undefined) return problem(404, 'Not found', `there is ${Object.keys(KEYS).join(', ')}`);
  const reader = new RecentReader(run.store.memory);
  const counts = new Map<string, number>();
  let of = 0;
  for (const thread of reader.written.keys()) {
    for (const question of reader.after(thread, 0)) {
      of++;
      const key = keyOf(question);
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const rows = [...counts].toSorted((one, other) => other[1] - one[1]).slice(0, TOP).map(([key, count]) => ({ key, count }));
  return json({ of, rows });
}
const KEYS: { readonly [what: string]: (question: RecentQuestion) => string | undefined } = {
  names: (question) => nameOf(question).text,
  clients: ({ client }) => printAddress(client),
  failing: (question) => (question.rcode === RCODE.NOERROR || question.rcode === RCODE.NXDOMAIN ? undefined : nameOf(question).text),
};
