// Rules that are more than a name: those under conditions, and regular expressions. Knows how one is said to other threads and when it
// holds; knows no list.
import { liesInPrefix, parseCIDR } from '../dns/address.ts';
import type { CIDR } from '../dns/address.ts';
import { compileForNames } from '../kernel/regexp.ts';
import type { Regexp } from '../kernel/regexp.ts';
import type { LabelHash } from '../store/label-hash.ts';
import { requiredLiteral } from './required-literal.ts';

/** What one is, as it is sent to other threads: bits of rule-bits.ts, and what must hold. */
export interface SpecialRule {
  /** The name, or what stands between the slashes. */
  readonly name?: string;
  readonly pattern?: string;
  readonly bits: number;
  readonly list: number;
  /** Networks of clients, and those that are excepted. */
  readonly clients?: readonly string[];
  readonly notClients?: readonly string[];
  /** Types of questions, and those that are excepted. */
  readonly types?: readonly number[];
  readonly notTypes?: readonly number[];
  /** Names that are excepted, with all below them. */
  readonly except?: readonly string[];
}
/** What is asked and by whom. */
export interface Asked {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly clientAt: number;
  readonly clientLength: number;
}

/** A rule under conditions, ready to be looked at. */
class Conditional {
  readonly rule: SpecialRule;
  readonly #clients: readonly CIDR[] | undefined;
  readonly #notClients: readonly CIDR[];
  readonly #except: readonly string[];

  constructor(rule: SpecialRule) {
    this.rule = rule;
    const parsed = (texts: readonly string[]): CIDR[] => texts.flatMap((text) => parseCIDR(text) ?? []);
    this.#clients = rule.clients === undefined ? undefined : parsed(rule.clients);
    this.#notClients = parsed(rule.notClients ?? []);
    this.#except = (rule.except ?? []).map((name) => `.${name}`);
  }
  /** Whether it holds for a name, as lower-case text without the last dot, that is asked for so. */
  holds(name: string, asked: Asked): boolean {
    const { types, notTypes } = this.rule;
    if (types !== undefined && !types.includes(asked.type)) return false;
    if (notTypes?.includes(asked.type) === true) return false;
    const { bytes, clientAt, clientLength } = asked;
    const isOf = ({ network, bits }: CIDR): boolean => liesInPrefix(bytes, clientAt, clientLength, network, bits);
    if (this.#clients !== undefined && !this.#clients.some(isOf)) return false;
    if (this.#notClients.some(isOf)) return false;
    return this.#except.length === 0 || !this.#except.some((name_) => `.${name}`.endsWith(name_));
  }
}
/** A regular expression under conditions. */
interface Expression {
  readonly regexp: Regexp;
  readonly literal: string;
  readonly conditions: Conditional;
}

/** The rules of all lists that are more than a name. */
export class SpecialRules {
  readonly #byHash = new Map<number, { readonly b: number; readonly rule: Conditional }[]>();
  readonly #expressions: Expression[] = [];

  /** From the text that `specialText` made; '' for none. */
  constructor(text: string, hash: LabelHash) {
    if (text === '') return;
    for (const rule of JSON.parse(text) as SpecialRule[]) {
      if (rule.pattern !== undefined) {
        const regexp = compileForNames(rule.pattern);
        this.#expressions.push({ regexp, literal: requiredLiteral(rule.pattern), conditions: new Conditional(rule) });
        continue;
      }
      hashText(hash, rule.name!);
      const same = this.#byHash.get(hash.a);
      const entry = { b: hash.b, rule: new Conditional(rule) };
      if (same === undefined) this.#byHash.set(hash.a, [entry]);
      else same.push(entry);
    }
  }
  /** Whether there are regular expressions. */
  get hasExpressions(): boolean {
    return this.#expressions.length > 0;
  }
  /** Calls with the bits and the list of each rule of this fingerprint that holds. */
  forName(a: number, b: number, name: string, asked: Asked, call: (bits: number, list: number) => void): void {
    for (const entry of this.#byHash.get(a) ?? []) {
      if (entry.b === b && entry.rule.holds(name, asked)) call(entry.rule.rule.bits, entry.rule.rule.list);
    }
  }
  /** Calls with those of each regular expression that fits the name and holds. */
  forText(name: string, asked: Asked, call: (bits: number, list: number) => void): void {
    for (const { regexp, literal, conditions } of this.#expressions) {
      if (!name.includes(literal) || !regexp.test(name) || !conditions.holds(name, asked)) continue;
      call(conditions.rule.bits, conditions.rule.list);
    }
  }
}
/** Rules as one text, for other threads. */
export const specialText = (rules: readonly SpecialRule[]): string => (rules.length === 0 ? '' : JSON.stringify(rules));

const encoder = new TextEncoder();
/** Hashes a name of text without a last dot, from its last label to its first. */
export function hashText(hash: LabelHash, name: string): void {
  const bytes = encoder.encode(name);
  hashLabels(hash, bytes, 0, bytes.length);
}
/** Hashes the labels between `at` and `end`, with dots between them. */
export function hashLabels(hash: LabelHash, bytes: Uint8Array, at: number, end: number): void {
  hash.reset();
  for (let i = end - 1, last = end; i >= at - 1; i--) {
    if (i >= at && bytes[i] !== 0x2e) continue;
    hash.absorb(bytes, i + 1, last);
    last = i;
  }
}
