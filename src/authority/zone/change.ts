// A version from another by what differs: records that go, records that come (RFC 1995, RFC 2136). Knows versions, nodes and scratches;
// knows neither where a difference comes from nor what becomes of the version.
import type { Memory } from '../../store/memory.ts';
import { TYPE } from '../../dns/type-name.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { foldData } from '../incoming/wire-names.ts';
import { Builder } from './build.ts';
import type { Built } from './build.ts';
import { recordsOf } from './difference.ts';
import type { Difference, RecordList } from './difference.ts';
import { Scratch } from './scratch.ts';
import { Unpacker } from './unpack.ts';
import { HASHED, NAMES } from './version.ts';
import { ZoneError } from './zone-error.ts';

/** Makes versions from others. One object a thread. */
export class Changer {
  readonly #memory: Memory;
  readonly #scratch: Scratch;
  readonly #builder: Builder;
  readonly #unpacker: Unpacker;
  readonly #owner = new Uint8Array(256);

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#scratch = new Scratch(memory.hash);
    this.#builder = new Builder(memory);
    this.#unpacker = new Unpacker(memory);
  }

  /**
   * The version that another one (`before`, never 0) becomes by a difference; the zone is a lower-case wire name. Equal records are told as
   * RFC 2136 section 1.1.1 does, without TTL and without the case of letters; one that is added and there already stays as it is. An SOA of
   * the zone that is added takes the place of the one there; one that is removed is passed over. Within a reading.
   *
   * Throws ZoneError where records are to go that are not there, or what comes of it is no zone, and RangeError where the shared memory is
   * full: then nothing was taken, and the version before is as it was.
   */
  change(zone: Uint8Array, before: number, { removed, added }: Difference): Built {
    const scratch = this.#scratch.begin(zone);
    const pages = new OrderedPages(this.#memory);
    for (const tree of [NAMES, HASHED]) {
      const root = this.#memory.words[before + tree]!;
      if (root !== 0) for (const node of pages.entries(root)) this.#unpacker.unpack(node, scratch);
    }
    this.#remove(removed);
    this.#add(added);
    return this.#builder.build(scratch, before);
  }
  /** The version shall not be: what was taken for it is given back. */
  discard(built: Pick<Built, 'taken'>): void {
    this.#builder.discard(built);
  }

  #remove(list: RecordList): void {
    const { bytes, length } = list;
    let missed = 0;
    for (const { owner, ownerLength, type, data, size } of recordsOf(bytes, 0, length)) {
      if (type === TYPE.SOA && ownerLength === 0) continue;
      const name = this.#named(bytes, owner, ownerLength);
      const record = this.#find(name, type, bytes.subarray(data, data + size));
      if (record === 0) missed++;
      else this.#scratch.remove(name, record);
    }
    if (missed > 0) throw new ZoneError(`the differences take ${missed} records away that are not there`);
  }
  #add(list: RecordList): void {
    const { bytes, length } = list;
    for (const { owner, ownerLength, type, ttl, data, size } of recordsOf(bytes, 0, length)) {
      const name = this.#named(bytes, owner, ownerLength);
      this.#scratch.add(name, type, ttl, bytes.subarray(data, data + size), size);
    }
  }
  #named(bytes: Uint8Array, at: number, length: number): number {
    const { zone } = this.#scratch;
    const owner = this.#owner;
    for (let i = 0; i < length; i++) owner[i] = bytes[at + i]!;
    owner.set(zone, length);
    return this.#scratch.owner(owner, length + zone.length);
  }
  #find(name: number, type: number, data: Uint8Array): number {
    const scratch = this.#scratch;
    const wanted = foldData(type, data, data.length);
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type || scratch.size(record) !== wanted.length) continue;
      const at = scratch.dataAt(record);
      const found = foldData(type, scratch.bytes.subarray(at, at + wanted.length), wanted.length);
      if (found.every((byte, i) => byte === wanted[i])) return record;
    }
    return 0;
  }
}
