// What most of the last questions were. Knows records.
import { printAddress } from '../dns/address.ts';
import { RCODE } from '../dns/rcode.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { RecentReader } from '../kernel/seen/recent-reader.ts';
import type { RecentQuestion } from '../kernel/seen/recent-reader.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { nameOf } from './filter.ts';
import { replyJson } from './reply.ts';

/** Lines of a list. */
const TOP = 20;

/** Which names, clients, or names that fail are the most of the questions that are still recorded. */
export function tops(run: Run, what: string): HttpReply {
  const keyOf = KEYS[what];
  if (keyOf === undefined) return problem(404, 'Not found', `there is ${Object.keys(KEYS).join(', ')}`);
  const reader = new RecentReader(run.store.memory);
  const counts = new Map<string, number>();
  let of = 0;
  for (const [thread, last] of reader.written) {
    reader.each(thread, 0, last, (record) => {
      of++;
      const key = keyOf(record.question);
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    });
  }
  const rows = [...counts].toSorted((one, other) => other[1] - one[1]).slice(0, TOP).map(([key, count]) => ({ key, count }));
  return replyJson({ of, rows });
}
const KEYS: { readonly [what: string]: (question: RecentQuestion) => string | undefined } = {
  names: (question) => nameOf(question)?.text,
  clients: ({ client }) => (client.length === 0 ? undefined : printAddress(client)),
  failing: (question) => (question.rcode === RCODE.NOERROR || question.rcode === RCODE.NXDOMAIN ? undefined : nameOf(question)?.text),
};
