// An explanation as data for programs. Knows what a walk is; knows no part. Its names are a promise: docs tell of them.
import { rcodeName } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import type { Explanation } from './ask.ts';
import { errorsOf, outcomeChange, questionChange } from './sight.ts';
import type { OutcomeSight, QuestionSight } from './sight.ts';
import { endText, placeText, stepText } from './text.ts';
import type { Node, Step } from './walk.ts';

/** What a part did: it answered, changed something, passed all on, asked others, failed, dropped the question, or it is not known here. */
type Did = 'answered' | 'changed' | 'passed' | 'asked' | 'failed' | 'dropped' | 'unknown';

/** The explanation as an object of JSON. */
export function explanationJson(explanation: Explanation): object {
  const { asking, walk, reply, candidates, by, skipped, unknown, took, server } = explanation;
  const [first] = walk.asked;
  return {
    question: first && questionJson(first.question), client: asking.client, transport: asking.transport, server,
    answer: reply === undefined ? null : {
      rcode: rcodeName(reply.rcode), records: texts(reply.answer), authority: texts(reply.authority), additional: texts(reply.additional),
      ede: errorsOf(reply.edns),
    },
    ...(unknown === undefined ? {} : { unknown }),
    by: by?.name ?? null, took: Math.round(took * 1000) / 1e6,
    blocks: candidates.map(({ at, keys, taken, why }) => ({ at: placeText(at), keys, taken, why })),
    steps: (first?.inside ?? []).flatMap((node) => stepsOf(node)),
    skipped: skipped.map(({ name, at }) => ({ part: name, at: placeText(at) })),
    ...(walk.isCut ? { cut: true } : {}),
  };
}
const texts = (records: readonly RR[]): readonly string[] => records.map((each) => printRR(each).replaceAll('\t', ' '));
const questionJson = ({ name, type, class: klass }: QuestionSight): object => ({ name, type, ...(klass === 'IN' ? {} : { class: klass }) });

/** Parts one after the other as they were entered; what one of them asked this server, or asked of others more than once, stands in it. */
function stepsOf(node: Node): readonly object[] {
  if (node.kind === 'question') return [{ question: questionJson(node.question), steps: node.inside.flatMap(stepsOf) }];
  const parts = node.inside.filter((each): each is Step => each.kind === 'part');
  const flat = parts.length <= 1;
  const inside = flat ? node.inside.filter(({ kind }) => kind === 'question') : node.inside;
  const [next] = parts;
  const change = flat && next !== undefined && questionChange(node.question, next.question) !== '';
  const end = endText(node);
  const step = {
    part: node.name, at: placeText(node.at), did: didOf(node, parts), text: stepText(node), ...(end === '' ? {} : { back: end }),
    ...(node.before.length + node.after.length === 0 ? {} : { notes: [...node.before, ...node.after] }),
    ...(change ? { before: questionJson(node.question), after: questionJson(next.question) } : {}),
    ...(node.outcome === undefined ? {} : { outcome: outcomeJson(node.outcome) }),
    ...(inside.length === 0 ? {} : { asked: inside.flatMap(stepsOf) }),
  };
  return flat && next !== undefined ? [step, ...stepsOf(next)] : [step];
}
const outcomeJson = ({ kind, rcode, answer, authority, additional, cause }: OutcomeSight): object => ({
  kind, ...(rcode === '' ? {} : { rcode }), records: [answer.length, authority.length, additional.length],
  ...(cause === undefined ? {} : { cause }),
});

function didOf({ outcome, question, inside }: Step, parts: readonly Step[]): Did {
  if (outcome === undefined || outcome.kind === 'threw') return 'failed';
  if (inside.length === 0) {
    if (outcome.isUnknown) return 'unknown';
    return outcome.kind === 'drop' ? 'dropped' : outcome.kind === 'failure' ? 'failed' : 'answered';
  }
  const [only, more] = parts;
  if (only === undefined || more !== undefined) return 'asked';
  const same = only.outcome !== undefined && outcomeChange(only.outcome, outcome) === '' && questionChange(question, only.question) === '';
  return same ? 'passed' : 'changed';
}
