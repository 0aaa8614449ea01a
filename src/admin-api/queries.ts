// The last questions, as they are asked for once, and where somebody goes on who asks again. Knows records and filters.
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { RecentReader } from '../kernel/seen/recent-reader.ts';
import type { RecentQuestion } from '../kernel/seen/recent-reader.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { questionJson, readFilter } from './filter.ts';
import { replyJson } from './reply.ts';

/** Questions of one reply. */
const MOST = 1000, USUAL = 200;

/** How far each thread was read. */
export type Cursor = ReadonlyMap<number, number>;
/** `k3f0-0:1234,1:55`: of which process it is, and how far each of its threads was read. */
export const cursorText = (process: string, cursor: Cursor): string =>
  `${process}-${[...cursor].map(([thread, last]) => `${thread}:${last}`).join(',')}`;
/** undefined where it is none. What another process said says nothing here: no thread was read. */
export function readCursor(text: string, process: string): Cursor | undefined {
  if (!/^[0-9a-z]{1,12}-(\d{1,3}:\d{1,10}(,\d{1,3}:\d{1,10}){0,255})?$/.test(text)) return undefined;
  const [from, places = ''] = text.split('-') as [string, string];
  if (from !== process || places === '') return new Map();
  return new Map(places.split(',').map((each) => each.split(':').map(Number) as [number, number]));
}

/** Milliseconds since 1970; undefined where it is no number. */
const momentOf = (text: string | null, usual: number): number | undefined =>
  (text === null ? usual : /^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** The last questions that a filter fits, oldest first, and where to go on. */
export function recentQuestions(run: Run, query: URLSearchParams, process: string): HttpReply {
  const filter = readFilter(query.get('filter') ?? '');
  if (typeof filter === 'string') return problem(400, 'No filter', filter);
  const after = query.get('after');
  const cursor = after === null ? undefined : readCursor(after, process);
  if (after !== null && cursor === undefined) return problem(400, 'No place to go on from', 'after is what next was');
  const [since, until] = [momentOf(query.get('since'), 0), momentOf(query.get('until'), Infinity)];
  if (since === undefined || until === undefined) return problem(400, 'No moment', 'since and until are milliseconds since 1970');
  const limit = Math.min(Number(/^\d{1,4}$/.exec(query.get('limit') ?? '')?.[0] ?? USUAL), MOST);
  const reader = new RecentReader(run.store.memory);
  const { written } = reader;
  const found: RecentQuestion[] = [];
  let lost = 0;
  for (const [thread, last] of written) {
    const isPast = since > 0 || until < Infinity;
    const from = cursor !== undefined ? cursor.get(thread) ?? 0 : isPast ? 0 : Math.max(0, last - MOST);
    const gone = reader.each(thread, from, last, (record) => {
      if (!filter(record)) return;
      const { question } = record;
      if (question.at >= since && question.at < until) found.push(question);
    });
    if (cursor !== undefined) lost += gone;
  }
  const sorted = found.toSorted((one, other) => one.at - other.at).slice(found.length > limit ? found.length - limit : 0);
  return replyJson({ queries: sorted.map(questionJson), next: cursorText(process, written), lost, left: found.length - sorted.length });
}
