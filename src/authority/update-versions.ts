// Versions of a zone whose names change one by one: of all of its records, or of the one before and what was changed. Knows builders,
// differences and what is remembered for secondaries; knows nothing of where changes come from.
import type { Keeper } from './signing/keeping.ts';
import { recordKey } from './update.ts';
import type { UpdateContents } from './update-contents.ts';
import { Builder } from './zone/build.ts';
import type { Built } from './zone/build.ts';
import { Changer } from './zone/change.ts';
import type { Changed } from './zone/change.ts';
import { RecordList } from './zone/difference.ts';
import { remember } from './zone/history.ts';
import { Scratch } from './zone/scratch.ts';
import { ZoneError } from './zone/zone-error.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import type { Store } from '../store/store.ts';

/** What names have, and what they had before. */
export interface NameChange {
  readonly before: ReadonlyMap<Name, readonly RR[]>;
  readonly changed: ReadonlyMap<Name, readonly RR[]>;
}
type Made = Built & Partial<Pick<Changed, 'pairs'>>;

/** Makes versions of one zone. */
export class Versions {
  readonly #store: Store;
  readonly #zone: Uint8Array;
  readonly #scratch: Scratch;
  readonly #builder: Builder;
  readonly #changer: Changer;

  constructor(store: Store, zone: Name) {
    this.#store = store;
    this.#zone = zone.folded.octets;
    this.#scratch = new Scratch(store.memory.hash);
    this.#builder = new Builder(store.memory);
    this.#changer = new Changer(store.memory);
  }

  /** The version of all records, behind another one (0: none). Throws ZoneError, and RangeError where memory is full. */
  whole(contents: UpdateContents, before: number): Made {
    const scratch = this.#scratch.begin(this.#zone);
    contents.give(scratch);
    return this.#store.reading.within(() => this.#builder.build(scratch, before));
  }
  /** The version that another one becomes by these changes, which the contents have already. Throws as `whole`. */
  changed(contents: UpdateContents, before: number, changes: readonly NameChange[]): Made {
    const [removed, added] = this.#difference(changes);
    try {
      return this.#store.reading.within(() => this.#changer.change(this.#zone, before, { removed, added }));
    } catch (error) {
      if (!(error instanceof ZoneError)) throw error;
      return this.whole(contents, before);
    }
  }
  /**
   * Hands a version to whoever serves it, with what has become of the one before, for secondaries; where nothing is another there is none,
   * and undefined. `now` in seconds since 1970.
   */
  publish(keeper: Pick<Keeper, 'cell' | 'publish'>, built: Made, now: number): { readonly shown: void | Promise<void> } | undefined {
    const before = keeper.cell.version;
    if (built.changed === 0 && before !== 0) return void this.discard(built);
    const { reading, memory } = this.#store;
    reading.within(() => remember(memory, this.#zone, before, built.version, now, built.pairs));
    return { shown: keeper.publish(built) };
  }
  /** The version shall not be. */
  discard(built: Built): void {
    this.#builder.discard(built);
  }

  #difference(changes: readonly NameChange[]): readonly [removed: RecordList, added: RecordList] {
    const [first, last] = [new Map<string, readonly RR[]>(), new Map<string, readonly RR[]>()];
    for (const { before, changed } of changes) {
      for (const [{ key }, records] of before) if (!first.has(key)) first.set(key, records);
      for (const [{ key }, records] of changed) last.set(key, records);
    }
    const lists = [new RecordList(), new RecordList()] as const;
    for (const [key, old] of first) {
      const records = last.get(key)!;
      this.#list(old, records, lists[0]);
      this.#list(records, old, lists[1]);
    }
    return lists;
  }
  /** Lists those that the others have not, or with another time to live. */
  #list(records: readonly RR[], others: readonly RR[], list: RecordList): void {
    const known = new Set(others.map(told));
    for (const each of records) {
      const { name, type, ttl, rdata } = each;
      if (known.has(told(each))) continue;
      const owner = name.folded.octets;
      list.add(owner, owner.length - this.#zone.length, type, ttl, rdata, rdata.length);
    }
  }
}
const told = (each: RR): string => `${each.ttl} ${recordKey(each)}`;
