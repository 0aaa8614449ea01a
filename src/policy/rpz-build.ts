// The rules of a response policy zone as a table and a text, made of its file: what a thread aside does. A rule that is none is counted,
// and ends nothing. Knows records, rules and the table; publishes nothing.
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { FingerprintDraft } from '../store/fingerprints.ts';
import { LabelHash } from '../store/label-hash.ts';
import type { Memory } from '../store/memory.ts';
import { fileError } from '../wording/errno.ts';
import { MasterFiles } from '../zonefile/master-file.ts';
import type { RecordSink } from '../zonefile/sink.ts';
import { readOwner } from './rpz-owner.ts';
import type { RuleOwner, Trigger } from './rpz-owner.ts';
import { BELOW_SHIFT, DATA, DATA_SHIFT, DROP, MOST_DATA, NODATA, NXDOMAIN, PASSTHRU, RULE, TCP_ONLY, absorbStar, beginHash, hashNetwork }
  from './rpz-words.ts';

/** A record of a rule's own: type, seconds, and data with an octet a letter. */
export type RuleRecord = readonly [type: number, ttl: number, data: string];
/** What stands beside the table. */
export interface RpzText {
  readonly soa: RuleRecord | undefined;
  /** Which triggers there are. */
  readonly triggers: readonly Trigger[];
  /** Lengths of prefixes that rules have, the longest first, of addresses of 4 and of 16 octets. */
  readonly lengths: { readonly [trigger in Trigger]?: readonly [v4: readonly number[], v6: readonly number[]] };
  readonly data: readonly (readonly RuleRecord[])[];
}
/** What is to be made. Can be sent to another thread. */
export interface RpzOrder {
  readonly path: string;
  /** As a lower-case wire name. */
  readonly zone: string;
}
/** What came of it. */
export type RpzBuilt =
  | { readonly kind: 'made'; readonly table: number; readonly text: string; readonly rules: number; readonly wrong: number;
    /** The first record that was no rule. */
    readonly complaint: string | undefined }
  | { readonly kind: 'failed'; readonly why: string };

/** Targets that say what is done. */
const TARGETS: ReadonlyMap<string, number> = new Map([
  ['\0', NXDOMAIN], ['\x01*\0', NODATA], ['\x0crpz-passthru\0', PASSTHRU], ['\x08rpz-drop\0', DROP], ['\x0crpz-tcp-only\0', TCP_ONLY],
]);
/** Records of a zone that are no rules wherever they stand: what makes it a zone, and what signs it. */
const APART: ReadonlySet<number> = new Set([TYPE.SOA, TYPE.NS, TYPE.DNSKEY, TYPE.DS, TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.NSEC3PARAM,
  TYPE.DNAME]);

/** An owner that is being read, or has data. */
interface ReadOwner {
  readonly text: string;
  readonly rule: RuleOwner | undefined;
  readonly isApex: boolean;
  data: RuleRecord[] | undefined;
}

/** A name of one label that is kept for actions, which are not all known. */
const isReserved = (target: string): boolean => target.startsWith('rpz-', 1) && target.charCodeAt(0) === target.length - 2;

/** One zone on its way. */
class Draft implements RecordSink {
  readonly #draft = new FingerprintDraft();
  readonly #hash: LabelHash;
  readonly #zone: Name;
  /** The owner that was read last, and those that have data: by their handles, and these by their names. */
  readonly #owners = new Map<number, ReadOwner>();
  readonly #withData = new Map<string, number>();
  #last = -1;
  readonly #triggers = new Set<Trigger>();
  readonly #lengths: { [trigger in Trigger]?: readonly [Set<number>, Set<number>] } = {};
  #soa: RuleRecord | undefined;
  rules = 0;
  wrong = 0;
  complaint: string | undefined;

  constructor(hash: LabelHash, zone: Name) {
    this.#hash = hash;
    this.#zone = zone;
  }
  owner(name: Uint8Array, length: number): number {
    const text = Name.wire(latin1(name, 0, length)).key;
    const last = this.#owners.get(this.#last);
    if (last?.text === text) return this.#last;
    const known = this.#withData.get(text);
    if (known !== undefined) return known;
    const owner = Name.wire(text);
    if (!owner.isUnder(this.#zone)) return -1;
    if (last !== undefined && last.data === undefined) this.#owners.delete(this.#last);
    const labels = owner.split().slice(0, owner.labels - this.#zone.labels);
    const rule = labels.length === 0 ? undefined : readOwner(labels);
    this.#owners.set(++this.#last, { text, rule, isApex: labels.length === 0, data: undefined });
    return this.#last;
  }
  add(handle: number, type: number, ttl: number, data: Uint8Array, length: number): void {
    const owner = this.#owners.get(handle)!;
    if (type === TYPE.SOA && owner.isApex) this.#soa = [type, ttl, latin1(data, 0, length)];
    if (owner.isApex || APART.has(type)) return;
    const target = type === TYPE.CNAME ? latin1(data, 0, length).toLowerCase() : '';
    const action = type === TYPE.CNAME ? TARGETS.get(target) : undefined;
    if (owner.rule === undefined || (action === undefined && isReserved(target))) {
      this.fault(`${Name.wire(owner.text).text} is no rule that is known`);
      return;
    }
    if (action === undefined) {
      if (owner.data === undefined) this.#withData.set(owner.text, handle);
      (owner.data ??= []).push([type, ttl, latin1(data, 0, length)]);
    } else {
      this.rules++;
      this.#put(owner.rule, action, 0);
    }
  }
  fault(text: string): void {
    this.wrong++;
    this.complaint ??= text;
  }
  #put(rule: RuleOwner, action: number, data: number): void {
    const hash = this.#hash;
    this.#triggers.add(rule.trigger);
    const word = RULE | action | (data << DATA_SHIFT);
    if (!('name' in rule)) {
      const { address, bits, trigger } = rule;
      const lengths = (this.#lengths[trigger] ??= [new Set(), new Set()]);
      lengths[address.length === 4 ? 0 : 1].add(bits);
      hashNetwork(hash, trigger, address, 0, address.length, bits);
      this.#draft.add(hash.a, hash.b, word);
      return;
    }
    hashName(hash, rule.trigger, rule.name);
    if (!rule.below) this.#draft.add(hash.a, hash.b, word);
    else {
      this.#draft.add(hash.a, hash.b, RULE | (action << BELOW_SHIFT));
      if (action !== DATA) return;
      absorbStar(hash);
      this.#draft.add(hash.a, hash.b, word);
    }
  }
  /** All of it as a table; 0 where the memory is full. */
  make(memory: Memory): { readonly table: number; readonly text: string } {
    const data: (readonly RuleRecord[])[] = [];
    const known = new Map<string, number>();
    for (const { rule, data: own } of this.#owners.values()) {
      if (rule === undefined || own === undefined) continue;
      const spelled = JSON.stringify(own);
      let number = known.get(spelled);
      if (number === undefined && data.length < MOST_DATA) known.set(spelled, number = data.push(own) - 1);
      if (number === undefined) this.fault('more data of rules than there is room for');
      else {
        this.rules++;
        this.#put(rule, DATA, number);
      }
    }
    const descending = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => b - a);
    const lengths = Object.fromEntries(Object.entries(this.#lengths)
      .map(([trigger, [v4, v6]]) => [trigger, [descending(v4), descending(v6)]]));
    const text: RpzText = { soa: this.#soa, triggers: [...this.#triggers], lengths, data };
    return { table: this.#draft.make(memory), text: JSON.stringify(text) };
  }
}
/** Hashes a name from its last label to its first. */
function hashName(hash: LabelHash, trigger: Trigger, name: Name): void {
  const bytes = name.octets;
  const starts: number[] = [];
  for (let i = 0; bytes[i] !== 0; i += bytes[i]! + 1) starts.push(i);
  beginHash(hash, trigger);
  for (const start of starts.toReversed()) hash.absorb(bytes, start + 1, start + 1 + bytes[start]!);
}

/** Makes tables, in whichever thread. */
export class RpzBuilder {
  readonly #memory: Memory;
  readonly #hash: LabelHash;
  readonly #files = new MasterFiles();

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#hash = new LabelHash(memory);
  }
  build({ path, zone }: RpzOrder): RpzBuilt {
    const draft = new Draft(this.#hash, Name.wire(zone));
    try {
      this.#files.read(path, Name.wire(zone), draft, (problem) => {
        draft.fault(problem.message);
        return true;
      });
    } catch (error) {
      return { kind: 'failed', why: fileError(error, path) };
    }
    const { table, text } = draft.make(this.#memory);
    if (table === 0) return { kind: 'failed', why: 'the shared memory is full' };
    return { kind: 'made', table, text, rules: draft.rules, wrong: draft.wrong, complaint: draft.complaint };
  }
}
