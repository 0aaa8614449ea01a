// A table of fingerprints, made of all lists of a line in one pass over their bytes: what a thread aside does. Knows files, rules and the
// table; publishes nothing.
import { FingerprintDraft, eachFingerprint, fingerprintCount } from '../store/fingerprints.ts';
import { LabelHash } from '../store/label-hash.ts';
import type { Memory } from '../store/memory.ts';
import { fileError } from '../wording/errno.ts';
import { ListError, readLines } from './list-file.ts';
import { ListLines } from './list-line.ts';
import { CONDITIONAL, RULES, listBit } from './rule-bits.ts';
import type { Ignored, RuleSink } from './rule-sink.ts';
import { hashLabels, hashText, specialText } from './special-rules.ts';
import type { SpecialRule } from './special-rules.ts';

/** Rules under conditions, and regular expressions, that all lists of a line may have: each thread has them as objects. */
const MOST_CONDITIONAL = 20_000, MOST_EXPRESSIONS = 1000;

/** A list that is to be read. Its number is its place. */
export interface ListOrder {
  readonly files: readonly string[];
  readonly isAllowed: boolean;
  /** The rules that it had; undefined where there is nothing to compare with. */
  readonly before: number | undefined;
}
/** What is to be made. Can be sent to another thread. */
export interface BuildOrder {
  readonly lists: readonly ListOrder[];
  /** The table that is there, 0 for none, and the rules beside it: what a list that cannot be taken over had stays. */
  readonly table: number;
  readonly special: string;
  /** A list that has less than this part of the rules that it had is not taken over. */
  readonly shrink: number;
}
/** What came of a list. */
export interface ListReport {
  readonly rules: number;
  readonly ignored: { readonly [kind in Ignored]?: number };
  /** Why it was not taken over. */
  readonly failure?: string;
}
/** A table that can be published. */
export interface BuiltLists {
  readonly kind: 'made';
  readonly table: number;
  readonly names: number;
  readonly special: string;
  readonly reports: readonly ListReport[];
}
/** Nothing was made: the memory is full. */
export type Built = BuiltLists | { readonly kind: 'full' };

/** A list that had fewer rules than this may become as short as it likes. */
const SHORT = 100;

/** One list on its way. */
class ListReading implements RuleSink {
  readonly draft = new FingerprintDraft();
  readonly cleared: FingerprintDraft;
  readonly specials: SpecialRule[] = [];
  readonly cancelled: Set<string>;
  readonly kinds: { [kind in Ignored]?: number } = {};
  rules = 0;
  readonly #hash: LabelHash;
  readonly #list: number;

  constructor(hash: LabelHash, list: number, cleared: FingerprintDraft, cancelled: Set<string>) {
    this.#hash = hash;
    this.#list = list;
    this.cleared = cleared;
    this.cancelled = cancelled;
  }
  name(bytes: Uint8Array, at: number, end: number, bits: number): void {
    this.rules++;
    hashLabels(this.#hash, bytes, at, end);
    this.draft.add(this.#hash.a, this.#hash.b, bits | listBit(this.#list));
  }
  special(rule: Omit<SpecialRule, 'list'>): void {
    this.rules++;
    this.specials.push({ ...rule, list: this.#list });
  }
  cancel(bytes: Uint8Array, at: number, end: number, bits: number): void {
    hashLabels(this.#hash, bytes, at, end);
    this.cleared.add(this.#hash.a, this.#hash.b, bits);
  }
  cancelSpecial(rule: Omit<SpecialRule, 'list'>): void {
    this.cancelled.add(spelled(rule));
  }
  ignored(kind: Ignored): void {
    this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
  }
}

/** Makes tables, in whichever thread. */
export class ListBuilder {
  readonly #memory: Memory;
  readonly #hash: LabelHash;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#hash = new LabelHash(memory);
  }
  /** Reads all lists. Where there is a table before, within a reading. */
  build(order: BuildOrder): Built {
    const all = new FingerprintDraft(), cleared = new FingerprintDraft();
    const cancelled = new Set<string>();
    const specials: SpecialRule[] = [];
    const kept = order.special === '' ? [] : JSON.parse(order.special) as SpecialRule[];
    let stays = 0;
    const reports = order.lists.map((list, number): ListReport => {
      const reading = new ListReading(this.#hash, number, cleared, cancelled);
      const failure = read(list, reading) ?? shrunk(list, reading.rules, order.shrink);
      if (failure === undefined) {
        all.join(reading.draft);
        specials.push(...reading.specials);
        return { rules: reading.rules, ignored: reading.kinds };
      }
      stays |= listBit(number);
      specials.push(...kept.filter((rule) => rule.list === number));
      return { rules: list.before ?? 0, ignored: {}, failure };
    });
    if (stays !== 0 && order.table !== 0) {
      eachFingerprint(this.#memory, order.table, (a, b, word) => {
        if ((word & stays) !== 0) all.add(a, b, word & (stays | RULES));
      });
    }
    const used = this.#bounded(specials.filter((rule) => !isCancelled(rule, cancelled)), all, reports);
    const table = all.make(this.#memory, cleared);
    if (table === 0) return { kind: 'full' };
    return { kind: 'made', table, names: fingerprintCount(this.#memory, table), special: specialText(used), reports };
  }
  /** As many as there may be; those of names are marked in the table. */
  #bounded(specials: readonly SpecialRule[], all: FingerprintDraft, reports: readonly ListReport[]): SpecialRule[] {
    let expressions = 0, conditional = 0;
    return specials.filter((rule) => {
      const fits = rule.pattern === undefined ? ++conditional <= MOST_CONDITIONAL : ++expressions <= MOST_EXPRESSIONS;
      const { ignored } = reports[rule.list]! as { readonly ignored: { many?: number } };
      if (!fits) ignored.many = (ignored.many ?? 0) + 1;
      else if (rule.name !== undefined) {
        hashText(this.#hash, rule.name);
        all.add(this.#hash.a, this.#hash.b, CONDITIONAL | listBit(rule.list));
      }
      return fits;
    });
  }
}
const isCancelled = (rule: SpecialRule, cancelled: ReadonlySet<string>): boolean => cancelled.size > 0 && cancelled.has(spelled(rule));
/** A rule as a text that is the same for the same rule, whatever the order of its modifiers. */
const spelled = ({ name, pattern, bits, clients, notClients, types, notTypes, except }: Omit<SpecialRule, 'list'>): string =>
  JSON.stringify([name, pattern, bits, clients, notClients, types, notTypes, except]);

/** Why a list cannot be read. */
function read({ files, isAllowed }: ListOrder, reading: ListReading): string | undefined {
  for (const path of files) {
    const lines = new ListLines(reading, isAllowed);
    try {
      readLines(path, { read: (bytes, from, to) => lines.read(bytes, from, to), tooLong: () => reading.ignored('long') });
    } catch (error) {
      return error instanceof ListError ? `${path}: ${error.message}` : fileError(error, path);
    }
  }
  return undefined;
}
/** Why what was read is hardly the list. */
function shrunk({ before, isAllowed }: ListOrder, rules: number, shrink: number): string | undefined {
  if (isAllowed) return undefined;
  if (rules === 0) return before === undefined || before === 0 ? undefined : 'it has no rule any more';
  if (before !== undefined && before >= SHORT && rules < before * shrink) return `it has ${rules} rules, and had ${before}`;
  return undefined;
}
