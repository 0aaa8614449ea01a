// Versions of a zone that is updated: of all of its records, or of the one before and what updates changed. Knows builders and differences;
// publishes nothing.
import { recordKey } from '../../authority/update.ts';
import type { UpdateContents } from '../../authority/update-contents.ts';
import { Builder } from '../../authority/zone/build.ts';
import type { Built } from '../../authority/zone/build.ts';
import { Changer } from '../../authority/zone/change.ts';
import type { Changed } from '../../authority/zone/change.ts';
import { RecordList } from '../../authority/zone/difference.ts';
import { Scratch } from '../../authority/zone/scratch.ts';
import { ZoneError } from '../../authority/zone/zone-error.ts';
import type { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import type { Store } from '../../store/store.ts';
import type { Change } from './kept-contents.ts';

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
  whole(contents: UpdateContents, before: number): Built & Partial<Pick<Changed, 'pairs'>> {
    const scratch = this.#scratch.begin(this.#zone);
    contents.give(scratch);
    return this.#store.reading.within(() => this.#builder.build(scratch, before));
  }
  /** The version that another one becomes by these changes, which the contents have already. Throws as `whole`. */
  changed(contents: UpdateContents, before: number, changes: readonly Change[]): Built & Partial<Pick<Changed, 'pairs'>> {
    const [removed, added] = this.#difference(changes);
    try {
      return this.#store.reading.within(() => this.#changer.change(this.#zone, before, { removed, added }));
    } catch (error) {
      if (!(error instanceof ZoneError)) throw error;
      return this.whole(contents, before);
    }
  }
  /** The version shall not be. */
  discard(built: Built): void {
    this.#builder.discard(built);
  }

  #difference(changes: readonly Change[]): readonly [removed: RecordList, added: RecordList] {
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
