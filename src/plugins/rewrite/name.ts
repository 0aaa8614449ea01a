// Rules that ask for another name (REW-2, REW-5). Knows the five ways to find and to replace it.
import { readAnswers } from './answer.ts';
import type { AnswerRules } from './answer.ts';
import { matchKind } from './match.ts';
import { Labelled } from './labelled.ts';
import { Responses } from './responses.ts';
import type { Rewriter } from './responses.ts';
import { Remap, Resuffix, checkedPattern, substitution } from './rewriters.ts';
import { normalized } from './spelling.ts';
import type { Rule, Subject } from './subject.ts';

/** `name [KIND] FROM TO [answer ...]`. Throws Error (REW-10). */
export function nameRule(stops: boolean, args: readonly string[]): Rule {
  if (args.length < 2) throw new Error('too few arguments for a name rule');
  const [word, from, to, ...words] = args.length === 2 ? ['exact', ...args] as const : args;
  const lower = word!.toLowerCase();
  const labelled = words[0]?.toLowerCase() === 'metadata';
  if (labelled && lower !== 'regex') throw new Error('metadata is only supported for regex name rules');
  const rest = labelled ? words.slice(1) : words;
  const answers = rest.length === 0 ? { auto: false, responses: [] } : readAnswers(lower, rest);
  const kind = matchKind(lower);
  switch (kind) {
    case 'exact':
      return exactRule(stops, normalized(from!), normalized(to!), answers);
    case 'suffix':
      return suffixRule(stops, normalized(from!), normalized(to!), answers);
    case 'prefix':
      return renaming(stops, prefixed(normalized(from!), normalized(to!)), answers);
    case 'substring':
      return renaming(stops, replaced(normalized(from!), normalized(to!)), answers);
    case 'regex': {
      if (labelled) {
        const made = new Labelled(from!, to!);
        return renaming(stops, (text, { query }) => made.make(text, (label) => query.label(label)), answers);
      }
      const found = substitution(from!, to!);
      return renaming(stops, (text) => found.find(text), answers);
    }
    default:
      throw new Error(`name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ${lower}`);
  }
}

/** What undoes a change, before the rule's own responses. */
const undoing = (rewriter: Rewriter, { responses }: AnswerRules): Responses =>
  new Responses([{ kind: 'owner', rewriter }, { kind: 'value', rewriter }, ...responses]);

function exactRule(stops: boolean, from: string, to: string, answers: AnswerRules): Rule {
  // As CoreDNS: both names are looked at as if one were a pattern and the other its replacement.
  checkedPattern(to, from);
  const responses = undoing(new Remap(to, from), answers);
  return {
    stops,
    apply(subject) {
      if (subject.text !== from) return undefined;
      subject.rename(to);
      return responses;
    },
  };
}

function suffixRule(stops: boolean, from: string, to: string, answers: AnswerRules): Rule {
  const responses = answers.auto ? undoing(new Resuffix(to, from), answers) : new Responses(answers.responses);
  return {
    stops,
    apply(subject) {
      const { text } = subject;
      if (!text.endsWith(from)) return undefined;
      subject.rename(text.slice(0, text.length - from.length) + to);
      return responses;
    },
  };
}

type Rename = (text: string, subject: Subject) => string | undefined;
const prefixed = (from: string, to: string): Rename => (text) => (text.startsWith(from) ? to + text.slice(from.length) : undefined);
const replaced = (from: string, to: string): Rename => (text) => (text.includes(from) ? text.replaceAll(from, () => to) : undefined);

/** A rule whose change can be undone only by remembering both names. */
function renaming(stops: boolean, rename: Rename, answers: AnswerRules): Rule {
  const responses = new Responses(answers.responses);
  return {
    stops,
    apply(subject: Subject) {
      const before = subject.text;
      const after = rename(before, subject);
      if (after === undefined) return undefined;
      subject.rename(after);
      return answers.auto ? undoing(new Remap(after, before), answers) : responses;
    },
  };
}
