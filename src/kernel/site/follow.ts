// The second chain of a block, for questions that are followed: as the usual one, with somebody told of each step. Knows steps; knows no
// plugin. What is not followed takes the usual chain and pays nothing.
import type { Answer, Outcome } from '../query/outcome.ts';
import { upon } from '../query/outcome.ts';
import type { Query } from '../query/query.ts';
import type { FollowedHandler, Handler } from './plugin.ts';

/** A step into the part of this name. `plain` is the same for a question that is not followed, `after` what comes next for one that is. */
export function followedStep(
  name: string, step: (query: Query, next: Handler) => Answer, plain: Handler, after: FollowedHandler,
): FollowedHandler {
  return (query, from) => {
    const { followed } = query.journey;
    const number = followed?.enter(name, from) ?? -1;
    if (followed === undefined || number < 0) return plain(query);
    const left = (outcome: Outcome): Outcome => {
      followed.leave(number, outcome);
      return outcome;
    };
    const threw = (error: unknown): never => {
      followed.leave(number, undefined);
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
