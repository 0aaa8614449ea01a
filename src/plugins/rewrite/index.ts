// *rewrite* performs internal message rewriting: it asks another question than the client's and changes the reply to fit. Knows the
// order of its rules (REW-1); what a rule does the rule knows.
import { RCODE } from '../../dns/rcode.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { become, release, take, tell } from '../../kernel/query/derive.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Remark } from '../../kernel/query/notes.ts';
import type { Handler } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { EchoedOption } from '../../kernel/site/site.ts';
import { readRules } from './config.ts';
import { restore } from './reply.ts';
import type { Surroundings, Way } from './reply.ts';
import { QUESTION_ONLY } from './responses.ts';
import type { Responses } from './responses.ts';
import { Subject } from './subject.ts';
import type { Rule } from './subject.ts';

/** The rules of a block at work. */
class Rewrite {
  readonly #rules: readonly Rule[];
  readonly #surroundings: Surroundings;
  readonly #subject = new Subject();
  readonly #applied: Remark;

  constructor(rules: readonly Rule[], surroundings: Surroundings, applied: Remark) {
    this.#applied = applied;
    this.#rules = rules;
    this.#surroundings = surroundings;
  }

  handle(query: Query, next: Handler): Answer {
    const subject = this.#subject;
    subject.begin(query);
    let responses: Responses | undefined;
    let stopped = false;
    const { length } = this.#rules;
    for (let i = 0; i < length; i++) {
      const rule = this.#rules[i]!;
      const more = rule.apply(subject);
      if (more === undefined) continue;
      query.note(this.#applied, i);
      if (!subject.valid) return failure(RCODE.SERVFAIL, new Error(`invalid name after rewrite: ${subject.text}`));
      responses = responses === undefined ? more : responses.with(more);
      stopped = rule.stops;
      if (stopped) break;
    }
    if (!subject.changed && (responses === undefined || (responses.all.length === 0 && !stopped))) return next(query);
    const asked = subject.changed ? questionOf(subject) : query;
    // As in CoreDNS (REW-4): rules that all continue and ask nothing of the reply leave it as it is, question and all.
    const restores = stopped || (responses?.all.length ?? 0) > 0 || subject.target !== query;
    const way = restores ? { query, asked, target: subject.target, responses: responses ?? QUESTION_ONLY } : undefined;
    const answer = next(asked);
    if (answer instanceof Promise) return upon(answer, (outcome) => this.#conclude(query, asked, way, outcome), query);
    return this.#conclude(query, asked, way, answer);
  }

  #conclude(query: Query, asked: Query, way: Way | undefined, outcome: Outcome): Answer {
    if (asked === query) return way === undefined ? outcome : restore(way, outcome, this.#surroundings);
    const answer = way === undefined ? outcome : restore(way, outcome, this.#surroundings);
    if (answer instanceof Promise) return answer.finally(() => this.#leave(query, asked, outcome, answer));
    this.#leave(query, asked, outcome, answer);
    return answer;
  }
  /** Who counts and logs above sees the rewritten request, `errors` its name too (SRV-18). A reply as it came lies where it was asked. */
  #leave(query: Query, asked: Query, outcome: Outcome, answer: Answer): void {
    tell(query, asked, outcome.cause !== undefined);
    if (answer !== outcome || outcome.kind === 'failure' || outcome.kind === 'drop') release(asked);
  }
}

/** What the rules made of the question, as the same client's. */
function questionOf({ target, name, nameLength, type, class: klass }: Subject): Query {
  const asked = take(target, nameLength);
  become(asked, target, name, nameLength, type, klass);
  return asked;
}

export default definePlugin({
  name: 'rewrite',
  parse: (lines) => ({ rules: readRules(lines), places: lines.map(({ at, args }) => ({ line: at.line, words: args.join(' ') })) }),
  create({ rules, places }, site) {
    for (const { echoes } of rules) if (echoes !== undefined) site.put(EchoedOption, echoes);
    const surroundings = { report: (_text: string): void => {} };
    const rewrite = new Rewrite(rules, surroundings, (i) => `rule ${i + 1} (${places[i]!.words}) on line ${places[i]!.line}`);
    return {
      rehearsal: 'as served',
      start({ log }) {
        const own = log.prefix('rewrite');
        surroundings.report = (text) => own.error(text);
      },
      handle: (query, next) => rewrite.handle(query, next),
    };
  },
});
