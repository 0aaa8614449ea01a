// The `answer` words of a name rule: what to do to names in its replies (REW-5). Knows their syntax.
import { quoted } from '../../wording/quote.ts';
import type { Response } from './responses.ts';
import { substitution } from './rewriters.ts';

/** What follows the names of a rule. */
export interface AnswerRules {
  /** The question's change is undone in names of the reply. */
  readonly auto: boolean;
  readonly responses: readonly Response[];
}

/** Reads `answer auto`, `answer name FROM TO` and `answer value FROM TO`, in any number; `kind` is for errors. Throws Error (REW-10). */
export function readAnswers(kind: string, words: readonly string[]): AnswerRules {
  if (words.length < 2) throw new Error(`invalid arguments for ${kind} rule`);
  if (words[0] !== 'answer') throw new Error(`exceeded the number of arguments for a non-answer rule argument for ${kind} rule`);
  const responses: Response[] = [];
  let auto = false;
  for (let at = 0; at < words.length; ) {
    // As CoreDNS: only the first `answer` is needed.
    if (words[at] === 'answer') at++;
    const what = words[at++];
    if (what === undefined) throw new Error(`type missing for answer rule for ${kind} rule`);
    if (what === 'auto') auto = true;
    else if (what === 'name' || what === 'value') {
      responses.push(readAnswer(kind, what, words.slice(at, at + 2)));
      at += 2;
    } else throw new Error(`invalid type ${quoted(what)} for answer rule for ${kind} rule`);
  }
  if (auto && responses.some((response) => response.kind === 'owner')) {
    throw new Error('auto name answer rule cannot be combined with explicit name anwer rules');
  }
  return { auto, responses };
}

function readAnswer(kind: string, what: 'name' | 'value', [from, to]: readonly string[]): Response {
  if (from === undefined || to === undefined) throw new Error(`${what} answer rule for ${kind} rule: 2 arguments required`);
  try {
    return { kind: what === 'name' ? 'owner' : 'value', rewriter: substitution(from, to) };
  } catch (error) {
    throw new Error(`${what} answer rule for ${kind} rule: ${(error as Error).message}`);
  }
}
