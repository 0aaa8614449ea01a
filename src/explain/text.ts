// An explanation as lines for people. Knows what a walk is; knows no part. Names stand as in zone files, so no octet of a name does
// anything to a terminal.
import { rcodeName } from '../dns/rcode.ts';
import { printRR } from '../dns/rr.ts';
import type { Explanation } from './ask.ts';
import { dataOf, errorsOf, outcomeChange, questionChange, ttlOf, wordOf } from './sight.ts';
import type { Node, Step } from './walk.ts';

/** Where a line stands, as it is printed. */
export const placeText = (at: { readonly file: string; readonly line: number } | undefined): string =>
  (at === undefined ? '' : `${at.file}:${at.line}`);

/** Columns of places and of names at least, and records of the answer in the first line. */
const PLACE = 14, NAME = 12, MOST = 4;

/** The question, its answer, and every step that led there. */
export function explanationText(explanation: Explanation): string {
  const { candidates, walk, skipped, unknown } = explanation;
  const places = [...candidates.map(({ at }) => placeText(at)), ...skipped.map(({ at }) => placeText(at))];
  const width = Math.max(PLACE, ...places.map((place) => place.length + 1));
  const lines = [headText(explanation)];
  const line = (place: string, name: string, text: string, depth = 0) =>
    lines.push(`  ${'  '.repeat(depth)}${place.padEnd(width)} ${name.padEnd(NAME)} ${text}`.trimEnd());
  for (const { at, keys, why } of candidates) line(placeText(at), keys, why);
  if (candidates.length === 0) line('', '', 'no block of this address has a zone of the name');
  const [first] = walk.asked;
  if (first !== undefined) for (const node of first.inside) told(node, 0, line);
  if (walk.isCut) line('', '', 'what came after that is not told: the question led to too many others');
  const errors = unknown === undefined ? errorsOf(explanation.reply?.edns) : [];
  for (const { code, text } of errors) line('', 'why', `${text === '' ? 'no text' : text} (extended error ${code})`);
  if (skipped.length > 0) lines.push(`  Not entered: ${skipped.map(({ name, at }) => `${name} (${placeText(at)})`).join(', ')}`);
  if (unknown !== undefined) lines.push(`  Not known here: ${unknown}`);
  return `${lines.join('\n')}\n`;
}

function headText({ asking, walk, reply, took, unknown, further }: Explanation): string {
  const [asked] = walk.asked;
  const question = asked?.question ?? (reply?.question === undefined ? undefined
    : { name: reply.question.name.text, type: '' });
  const what = question === undefined ? 'what is no question' : `${question.name} ${question.type}`.trim();
  const records = (reply?.answer ?? []).map((each) => printRR(each).replaceAll('\t', ' '));
  const data = records.slice(0, MOST).map(dataOf);
  const ttl = records.length === 0 ? [] : [`ttl ${Math.min(...records.map(ttlOf))}`];
  const more = records.length > MOST ? [`and ${records.length - MOST} more`] : [];
  const rcode = unknown === undefined ? (reply === undefined ? 'no reply' : rcodeName(reply.rcode)) : 'not known here';
  const answer = unknown === undefined ? [...data, ...more, ...(further > 0 ? [`in ${further + 1} messages`] : []), ...ttl] : [];
  return [`${what}  from ${asking.client} ${asking.transport}`, rcode, ...answer, durationText(took)].join('  ');
}
const durationText = (milliseconds: number): string =>
  (milliseconds < 1 ? `${Math.round(milliseconds * 1000)} us` : `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`);

type Line = (place: string, name: string, text: string, depth?: number) => void;

function told(node: Node, depth: number, line: Line): void {
  if (node.kind === 'question') {
    const { name, type } = node.question;
    line('', '', `asks this server for ${name} ${type}:`, depth);
    for (const each of node.inside) told(each, depth + 1, line);
    return;
  }
  line(placeText(node.at), node.name, stepText(node), depth);
  const parts = node.inside.filter(({ kind }) => kind === 'part');
  // Asked more than once those behind it are no more than questions of its own.
  for (const each of node.inside) told(each, parts.length > 1 ? depth + 1 : depth, line);
  const end = endText(node);
  if (end !== '') line('      <-', node.name, end, depth);
}

/** What a part did when it got the question. */
export function stepText(step: Step): string {
  const { before, inside, outcome, question } = step;
  const said = [...before];
  const next = inside.find(({ kind }) => kind === 'part');
  if (inside.length === 0) {
    const more = [...said, ...(outcome?.cause === undefined ? [] : [outcome.cause])].join('; ');
    return `${endWord(step)}  ${more}`.trimEnd();
  }
  const change = next === undefined ? '' : questionChange(question, next.question);
  if (change !== '' && !said.some((text) => text.includes('->'))) said.push(change);
  return said.length === 0 ? 'passed on' : said.join('; ');
}
/** What it made of what came back; '' where that is nothing. */
export function endText(step: Step): string {
  const { after, inside, outcome } = step;
  const last = inside.findLast((each): each is Step => each.kind === 'part');
  if (inside.length === 0 || outcome === undefined || outcome.isUnknown) return '';
  const said = [...after];
  if (last?.outcome !== undefined) {
    const change = outcomeChange(last.outcome, outcome);
    if (change !== '') said.push(change);
    const asked = questionChange(last.question, step.question);
    if (asked !== '' && outcome.kind === 'reply' && said.length === 0) said.push(`answers ${step.question.name} ${step.question.type}`);
  } else said.push(`ANSWERED  ${wordOf(outcome)}`);
  if (outcome.cause !== undefined && outcome.cause !== last?.outcome?.cause) said.push(outcome.cause);
  return said.join('; ');
}
function endWord({ outcome }: Step): string {
  if (outcome === undefined) return 'did not answer';
  if (outcome.isUnknown) return 'NOT KNOWN HERE';
  if (outcome.kind === 'reply' || outcome.kind === 'stream') return `ANSWERED  ${wordOf(outcome)}`;
  return outcome.kind === 'drop' ? 'DROPPED it' : `FAILED with ${outcome.rcode}`;
}
