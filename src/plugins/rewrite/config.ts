// Reads the lines of `rewrite` (REW-1, REW-10). Knows which words make which rule.
import type { Directive, Lines } from '../../corefile/directive.ts';
import { quoted } from '../../wording/quote.ts';
import { classRule } from './class.ts';
import { cnameRule } from './cname.ts';
import { ednsRule } from './edns0.ts';
import { nameRule } from './name.ts';
import { rcodeRule } from './rcode.ts';
import type { Rule } from './subject.ts';
import { ttlRule } from './ttl.ts';
import { typeRule } from './type.ts';

/** The rules in the order of the Corefile. Throws CorefileError. */
export function readRules(lines: Lines): readonly Rule[] {
  return lines.map((line) => line.attempt(() => rule(wordsOf(line))));
}

/** The words of a line, with those of its block where it has no more than one itself. */
function wordsOf(line: Directive): readonly string[] {
  const words = line.rest();
  if (line.body === undefined) return words;
  // As CoreDNS: a block behind a whole rule is taken for another rule, which has no words.
  return words.length < 2 ? [...words, ...line.body.flatMap(allWords)] : [];
}
const allWords = ({ word, args, body }: Directive): readonly string[] => [word, ...args, ...(body ?? []).flatMap(allWords)];

function rule(words: readonly string[]): Rule {
  const [first, second] = words;
  if (first === undefined) throw new Error('no rule type specified for rewrite');
  const mode = first.toLowerCase();
  const moded = mode === 'continue' || mode === 'stop';
  if (moded && second === undefined) throw new Error(`${mode} rule must begin with a rule type`);
  const type = (moded ? second! : first).toLowerCase();
  const args = words.slice(moded ? 2 : 1);
  const stops = mode !== 'continue';
  switch (type) {
    case 'answer':
      throw new Error('response rewrites must begin with a name rule');
    case 'name':
      return nameRule(stops, args);
    case 'class':
    case 'type':
      if (args.length !== 2) throw new Error(`${type} rules must have exactly two arguments`);
      return (type === 'class' ? classRule : typeRule)(stops, args);
    case 'edns0':
      return ednsRule(stops, args);
    case 'ttl':
      return ttlRule(stops, args);
    case 'cname':
      return cnameRule(stops, args);
    case 'rcode':
      return rcodeRule(stops, args);
    default:
      throw new Error(`invalid rule type ${quoted(first)}`);
  }
}
