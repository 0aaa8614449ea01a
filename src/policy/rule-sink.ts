// Where the rules of a list go, and the kinds of lines that are none. Knows no format and no table.
import type { SpecialRule } from './special-rules.ts';

/** Why a line is no rule. */
export type Ignored = 'cosmetic' | 'pattern' | 'modifier' | 'client' | 'address' | 'name' | 'long' | 'regexp' | 'everything' | 'data'
  | 'many';

/** What becomes of rules. */
export interface RuleSink {
  /** The bits of rule-bits.ts for a name, which stands between `at` and `end` with dots and without the last one. */
  name(bytes: Uint8Array, at: number, end: number, bits: number): void;
  special(rule: Omit<SpecialRule, 'list'>): void;
  /** Takes bits of a name away, whichever line gave them; or a rule that is the same but for its being taken away. */
  cancel(bytes: Uint8Array, at: number, end: number, bits: number): void;
  cancelSpecial(rule: Omit<SpecialRule, 'list'>): void;
  ignored(kind: Ignored): void;
}
