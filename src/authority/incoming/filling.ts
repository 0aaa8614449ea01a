// Where the records of a transfer go: into a scratch, whole, or with what we have; or into a difference, by which a version is made from
// ours. Knows scratches and versions; knows no primary.
import type { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Store } from '../../store/store.ts';
import { transferMessages } from '../transfer-messages.ts';
import type { Transfer } from '../transfer.ts';
import type { Turns } from '../turns.ts';
import { RecordList } from '../zone/difference.ts';
import type { Difference } from '../zone/difference.ts';
import type { Scratch } from '../zone/scratch.ts';
import { Incoming, TransferError } from './incoming.ts';
import type { Kind, Receiver } from './incoming.ts';
import { Patch } from './patch.ts';

/** Sees each record that will be in the version. */
export type Tap = (owner: Uint8Array, length: number, type: number, data: Uint8Array, size: number) => void;
/** A reply without a question: what messages begin with that are for ourselves. */
export const HEAD = Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const NOTHING = new Uint8Array(0);

/** One transfer on its way into a scratch. */
export class Filling implements Receiver {
  readonly #scratch: Scratch;
  readonly #zone: Uint8Array;
  readonly #tap: Tap | undefined;
  #patch: Patch | undefined;
  /** TTL of the SOA that a difference leads to. */
  #ttl = 0;
  /** Records outside of the zone: they are left out. */
  outside = 0;

  /** `zone` is the lower-case wire name. */
  constructor(scratch: Scratch, zone: Uint8Array, tap?: Tap) {
    this.#scratch = scratch;
    this.#zone = zone;
    this.#tap = tap;
  }

  begin(kind: 'whole' | 'differences'): void {
    this.outside = 0;
    this.#patch = kind === 'differences' ? new Patch() : undefined;
    if (kind === 'whole') this.#scratch.begin(this.#zone);
  }
  record(kind: Kind, owner: Uint8Array, length: number, type: number, ttl: number, data: Uint8Array, size: number): void {
    if (kind === 'whole') return this.#add(owner, length, type, ttl, data, size);
    if (type === TYPE.SOA) this.#ttl = ttl;
    else if (kind === 'removed') this.#patch!.remove(owner, length, type, data, size);
    else this.#patch!.add(owner, length, type, ttl, data, size);
  }
  #add(owner: Uint8Array, length: number, type: number, ttl: number, data: Uint8Array, size: number): void {
    const name = this.#scratch.owner(owner, length);
    if (name < 0) {
      this.outside++;
      return;
    }
    this.#scratch.add(name, type, ttl, data, size);
    this.#tap?.(owner, length, type, data, size);
  }

  /**
   * All came, and is to be made of the version that we have by this difference; undefined where the scratch has the whole zone. What is
   * outside of the zone is left out.
   */
  difference(incoming: Incoming): Difference | undefined {
    const patch = this.#patch;
    if (patch === undefined) return undefined;
    const difference = { removed: new RecordList(), added: new RecordList() };
    difference.added.add(this.#zone, 0, TYPE.SOA, this.#ttl, incoming.soa, incoming.soa.length);
    for (const list of ['removed', 'added'] as const) {
      for (const { owner, type, ttl, data } of patch[list].values()) {
        const below = this.#below(owner);
        if (below >= 0) difference[list].add(owner, below, type, ttl, data, data.length);
        else if (list === 'added') this.outside++;
      }
    }
    return difference;
  }
  /** Octets of a name before the zone; -1: it is outside. */
  #below(owner: Uint8Array): number {
    const below = owner.length - this.#zone.length;
    return this.#scratch.owner(owner, owner.length) < 0 ? -1 : below;
  }
  /**
   * The same with a scratch that has all of the zone, for who has to see each record. All came: the scratch has the whole version when
   * this resolves. `current` is what we have. Rejects with TransferError where it does not fit.
   */
  async complete(incoming: Incoming, zone: Name, current: () => Transfer, shared: { store: Store; turns: Turns }): Promise<void> {
    const patch = this.#patch;
    if (patch === undefined) return;
    this.#scratch.begin(this.#zone);
    const own = new Incoming({
      zone, type: TYPE.AXFR, id: 0, serial: undefined, check: undefined, now: () => 0, mostRecords: Infinity, mostBytes: Infinity,
    }, {
      begin() {},
      record: (_kind, owner, length, type, ttl, data, size) => {
        if (type !== TYPE.SOA && patch.keeps(owner, length, type, data, size)) this.#add(owner, length, type, ttl, data, size);
      },
    });
    this.#add(this.#zone, this.#zone.length, TYPE.SOA, this.#ttl, incoming.soa, incoming.soa.length);
    const transfer = shared.store.reading.within(current);
    for await (const message of transferMessages({ head: HEAD, tail: NOTHING }, transfer, shared)) own.take(message);
    if (patch.missed > 0) throw new TransferError(`the differences take ${patch.missed} records away that are not there`);
    for (const { owner, type, ttl, data } of patch.added.values()) this.#add(owner, owner.length, type, ttl, data, data.length);
  }
}
