// What a handler says of one query among several that wait together. Knows promises.
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Handler } from '../../kernel/site/plugin.ts';

/** What the handler says; what it throws is the bug of one query alone. */
export function settled(answer: (query: Query, next: Handler) => Answer, query: Query, next: Handler): Answer {
  try {
    return answer(query, next);
  } catch (error) {
    return Promise.reject(error);
  }
}
