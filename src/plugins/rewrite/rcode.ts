// Rules that change the rcode of replies (REW-8). Knows the names of rcodes.
import { rcodeByName } from '../../dns/rcode.ts';
import { matchKind, nameMatcher } from './match.ts';
import { Responses } from './responses.ts';
import type { Rule } from './subject.ts';

/** The largest rcode that may be given as a number. */
const LARGEST = 23;

/** `rcode [KIND] NAME FROM TO`. Throws Error. */
export function rcodeRule(stops: boolean, args: readonly string[]): Rule {
  if (args.length < 3) throw new Error(`too few (${args.length}) arguments for a rcode rule`);
  const words = args.length === 3 ? ['exact', ...args] : args;
  const [before = '', after = ''] = words.length === 4 ? words.slice(2) : [];
  const from = readRcode(before);
  if (from === undefined) throw new Error(`invalid matching RCODE '${before}' for a rcode rule`);
  const to = readRcode(after);
  if (to === undefined) throw new Error(`invalid replacement RCODE '${after}' for a rcode rule`);
  const kind = matchKind(words[0]!);
  if (kind === undefined) throw new Error('rcode rule supports only exact, prefix, suffix, substring, and regex name matching');
  const matches = nameMatcher(kind, words[1]!, 'a rcode rule');
  const responses = new Responses([{ kind: 'rcode', from, to }]);
  return { stops, apply: ({ text }) => (matches(text) ? responses : undefined) };
}

function readRcode(word: string): number | undefined {
  if (/^\d+$/.test(word) && Number(word) <= LARGEST) return Number(word);
  const upper = word.toUpperCase();
  // As CoreDNS: 16 is known as BADSIG alone, and NOTIMP by a second name.
  if (upper === 'BADVERS') return undefined;
  return rcodeByName(upper === 'NOTIMPL' ? 'NOTIMP' : upper);
}
