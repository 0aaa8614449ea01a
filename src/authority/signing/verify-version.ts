// Whether the signatures of a version that somebody else signed hold: those of the zone's own name and of some names, or of all. Knows
// versions and keys; refuses nothing.
import { Name } from '../../dns/name.ts';
import { latin1 } from '../../dns/latin1.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { VerifyingKey } from '../../dnssec/verification.ts';
import type { Verdict } from '../../dnssec/verification.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { findSet, nextSet, signaturesOf, typeAt } from '../record-sets.ts';
import { writeWire } from '../zone/name-key.ts';
import { BELOW, CUT, flagsOf, setsAt } from '../zone/nodes.ts';
import { APEX, HASHED, NAMES } from '../zone/version.ts';
import { isOwnAtCut } from './chain.ts';
import { StoredRecords } from './stored-records.ts';

const { DNSKEY, RRSIG } = TYPE;
/** Faults that are told one by one. */
const TOLD = 3;

/** What was found. */
export interface Verified {
  /** Sets that were looked at, and those without a signature that holds. */
  readonly looked: number;
  readonly wrong: number;
  /** Some of the latter, and why. */
  readonly faults: readonly string[];
}

/**
 * Looks at the sets of the zone's own name and of `most` other names, spread over the zone; `zone` is its lower-case wire name, `now` in
 * seconds since 1970. Within a reading.
 */
export function verifyVersion(memory: Memory, zone: Uint8Array, version: number, now: number, most: number): Verified {
  const looking = new Looking(memory, zone, version, now);
  const { words } = memory;
  const pages = new OrderedPages(memory);
  for (const root of [words[version + NAMES]!, words[version + HASHED]!]) {
    if (root === 0) continue;
    const entries = pages.entries(root);
    const step = Math.max(1, entries.length / most);
    for (let i = 0; i < entries.length; i += step) looking.node(entries[Math.floor(i)]!);
  }
  return looking;
}

class Looking implements Verified {
  looked = 0;
  wrong = 0;
  readonly faults: string[] = [];
  readonly #memory: Memory;
  readonly #zone: Uint8Array;
  readonly #now: number;
  readonly #keys: readonly VerifyingKey[];
  readonly #owner = new Uint8Array(600);
  readonly #records: StoredRecords;
  readonly #signatures: StoredRecords;

  constructor(memory: Memory, zone: Uint8Array, version: number, now: number) {
    const { words, bytes } = memory;
    this.#memory = memory;
    this.#zone = zone;
    this.#now = now;
    this.#records = new StoredRecords(zone);
    this.#signatures = new StoredRecords(zone);
    const set = findSet(bytes, setsAt(words, words[version + APEX]!), DNSKEY);
    this.#keys = set === 0 ? [] : dataOf(this.#records.read(bytes, set, zone, zone.length)).map((data) => new VerifyingKey(data));
  }
  /** Looks at all sets of a name that are the zone's own. */
  node(node: number): void {
    const { words, bytes } = this.#memory;
    const flags = flagsOf(words, node);
    if ((flags & BELOW) !== 0) return;
    const labels = writeWire(bytes, node * 4 + KEY_AT, keyLength(words, node), this.#owner, 0);
    this.#owner.set(this.#zone, labels);
    const owner = this.#owner.slice(0, labels + this.#zone.length);
    for (let set = setsAt(words, node), type: number; (type = typeAt(bytes, set)) !== 0; set = nextSet(bytes, set)) {
      if (type === RRSIG || ((flags & CUT) !== 0 && !isOwnAtCut(type))) continue;
      this.looked++;
      const verdict = this.#verdict(owner, type, set);
      if (verdict === 'valid') continue;
      if (this.wrong++ < TOLD) this.faults.push(`${Name.wire(latin1(owner, 0, owner.length)).text} ${typeName(type)} ${WORDS[verdict]}`);
    }
  }
  #verdict(owner: Uint8Array, type: number, set: number): Verdict | 'none' {
    const { bytes } = this.#memory;
    const signatures = signaturesOf(bytes, set);
    if (signatures === 0) return 'none';
    const { ttl } = this.#records.read(bytes, set, owner, owner.length);
    const of = { owner, type, class: 1, ttl, data: dataOf(this.#records) };
    let verdict: Verdict = 'other key';
    for (const rrsig of dataOf(this.#signatures.read(bytes, signatures, owner, owner.length))) {
      for (const key of this.#keys) {
        const found = key.verify(of, rrsig, this.#now);
        if (found === 'valid') return found;
        if (found !== 'other key') verdict = found;
      }
    }
    return verdict;
  }
}
const WORDS: Readonly<Record<Exclude<Verdict, 'valid'> | 'none', string>> = {
  none: 'is not signed', malformed: 'has a signature that is none', 'other set': 'has a signature of something else',
  'other key': 'is signed by no key of the zone', unsupported: 'is signed by an algorithm that is not known',
  expired: 'has signatures that are over', 'not yet': 'has signatures that do not hold yet', bogus: 'has signatures that are not right',
};
const dataOf = ({ count, starts, bytes }: StoredRecords): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => bytes.slice(starts[i], starts[i + 1]));
