// The second chain of a block, for questions that are followed: as the usual one, with somebody told of each step. Knows steps; knows no
// plugin. What is not followed takes the usual chain and pays nothing.
import type { Answer, Outcome } from '../query/outcome.ts';
import { upon } from '../query/outcome.ts';
import type { Query } from '../query/query.ts';
import type { NamedStep } from '../query/followed.ts';
import type { FollowedHandler, Handler } from './plugin.ts';

/** A step into this part. `plain` is the same for a question that is not followed, `after` what comes next for one that is. */
export function followedStep(
  named: NamedStep, step: (query: Query, next: Handler) => Answer, plain: Handler, after: FollowedHandler,
): FollowedHandler {
  return (query, from) => {
    const { followed } = query.journey;
    const number = followed?.enter(named, from, query) ?? -1;
    if (followed === undefined || number < 0) return plain(query);
    const left = (outcome: Outcome): Outcome => {
      followed.leave(number, outcome, query);
      return outcome;
    };
    const threw = (error: unknown): never => {
      followed.leave(number, undefined, query);
      throw error;
    };
    let answer: Answer;
    try {
      answer = step(query, (asked) => after(asked, number));
    } catch (error) {
      return threw(error);
    }
    return upon(answer instanceof Promise ? answer.catch(threw) : answer, left, query);
  };
}
