// A version of a zone as it is given away (RFC 5936): names in their order, each with its sets, straight from the shared memory. Knows
// versions and the writer of transfers; knows no client.
import { latin1Bytes } from '../../dns/latin1.ts';
import type { Name } from '../../dns/name.ts';
import { u16, u32 } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import type { Store } from '../../store/store.ts';
import { OWNER_END, RECORD_HEAD, SET_HEAD, isCut, lackingEnd, nextSet, typeAt } from '../record-sets.ts';
import { Overtaken } from '../transfer.ts';
import type { Difference, Transfer, ZoneWriter } from '../transfer.ts';
import type { ZoneRecords } from '../zone-records.ts';
import { recordsOf } from './difference.ts';
import type { ListedRecord } from './difference.ts';
import { partsOf, stepsSince } from './journal.ts';
import { writeWire } from './name-key.ts';
import { setsAt } from './nodes.ts';
import { BYTES, HASHED, JOURNAL, NAMES, SOA_SET, soaData } from './version.ts';
import type { ZoneCell } from './zone-cell.ts';

/** Names that are written in one step. */
const STEP = 16;

/** The zone as it is now. Throws Error where it cannot be had; one that has expired where `anyway`. Within a reading. */
export function transferOf(store: Store, zone: Name, cell: ZoneCell, anyway = false): Transfer {
  const { version } = cell;
  if (version === 0) throw new Error(`zone ${zone.text} is not loaded`);
  if (cell.isExpired && !anyway) throw new Error(`zone ${zone.text} is expired`);
  const { loads } = cell;
  return {
    soa: soaOf(store, zone, version), records: (to) => write(store, zone, cell, version, loads, to),
    differences: (serial) => differencesOf(store, zone, version, serial),
    isCurrent: () => cell.version === version && cell.loads === loads,
    ...(cell.until !== 0 && { until: cell.until }),
  };
}
/** What became another since a serial, copied: a reader may take long. */
function differencesOf({ memory }: Store, zone: Name, version: number, serial: number): readonly Difference[] | undefined {
  const steps = stepsSince(memory, memory.words[version + JOURNAL]!, serial);
  if (steps === undefined) return undefined;
  const parts = steps.map((step) => partsOf(memory, step));
  const size = parts.reduce((sum, [removed, added]) => sum + removed.length + added.length, 0);
  if (size > memory.words[version + BYTES]!) return undefined;
  return parts.map(([removed, added, before, after]) => ({
    from: recordIn(before, zone), removed: listed(removed, zone), to: recordIn(after, zone), added: listed(added, zone),
  }));
}
function recordIn(list: Uint8Array, zone: Name): RR {
  const [{ type, ttl, data, size }] = [...recordsOf(list, 0, list.length)] as [ListedRecord];
  return { name: zone, type, class: CLASS.IN, ttl, rdata: list.slice(data, data + size) };
}
/** Writes the records of a list, some in each step. */
const listed = (list: Uint8Array, zone: Name): ZoneWriter => function* write(to) {
  const owner = new Uint8Array(256);
  const end = latin1Bytes(zone.key);
  let count = 0;
  for (const { owner: at, ownerLength, type, ttl, data, size } of recordsOf(list, 0, list.length)) {
    owner.set(list.subarray(at, at + ownerLength));
    owner.set(end, ownerLength);
    to.own(owner, 0, ownerLength + end.length);
    to.bytes.set(list.subarray(data, data + size), to.begin(type, ttl, size));
    if (++count % STEP === 0) yield;
  }
};
function soaOf({ memory }: Store, zone: Name, version: number): RR {
  const { words, bytes } = memory;
  const ttl = u32(bytes, words[version + SOA_SET]! + SET_HEAD + RECORD_HEAD - 6);
  return { name: zone, type: TYPE.SOA, class: CLASS.IN, ttl, rdata: soaData(memory, version) };
}

/** The version stays until the last step, whatever is published meanwhile. */
function* write(store: Store, zone: Name, cell: ZoneCell, version: number, load: number, to: ZoneRecords): Generator<void> {
  const pin = store.pin();
  try {
    if (cell.version !== version || cell.loads !== load) throw new Overtaken();
    const { words } = store.memory;
    const writer = new NodeWriter(store, zone, to, words[version + SOA_SET]!);
    for (const root of [words[version + NAMES]!, words[version + HASHED]!]) {
      if (root === 0) continue;
      const pages = new OrderedPages(store.memory);
      let node = pages.first(root);
      for (let count = 1; node !== 0; count++, node = pages.next(root)) {
        writer.write(node);
        if (count % STEP === 0) yield;
      }
      yield;
    }
  } finally {
    pin.release();
  }
}

/** Writes what names own. */
class NodeWriter {
  readonly #store: Store;
  readonly #to: ZoneRecords;
  readonly #zone: Uint8Array;
  /** The zone's own SOA stands elsewhere. */
  readonly #soa: number;
  readonly #owner = new Uint8Array(600);
  #ownerLength = 0;

  constructor(store: Store, zone: Name, to: ZoneRecords, soa: number) {
    this.#store = store;
    this.#to = to;
    this.#zone = latin1Bytes(zone.key);
    this.#soa = soa;
  }

  write(node: number): void {
    const { words, bytes } = this.#store.memory;
    const owner = this.#owner;
    const labels = writeWire(bytes, node * 4 + KEY_AT, keyLength(words, node), owner, 0);
    owner.set(this.#zone, labels);
    this.#ownerLength = labels + this.#zone.length;
    this.#to.own(owner, 0, this.#ownerLength);
    for (let set = setsAt(words, node); typeAt(bytes, set) !== 0; set = nextSet(bytes, set)) if (set !== this.#soa) this.#set(bytes, set);
  }
  #set(bytes: Uint8Array, set: number): void {
    const to = this.#to;
    const zone = this.#zone;
    const mayLack = isCut(bytes, set);
    for (let at = set + SET_HEAD, end = nextSet(bytes, set); at < end;) {
      const size = u16(bytes, at + 10);
      const from = at + RECORD_HEAD;
      at = from + size;
      const lacking = lackingEnd(bytes, mayLack, at);
      const own = lacking < 0 ? size : size - 2;
      const end = lacking === OWNER_END ? this.#owner : zone;
      const more = lacking < 0 ? 0 : lacking === OWNER_END ? this.#ownerLength : zone.length;
      const data = to.begin(typeAt(bytes, set), u32(bytes, from - 6), own + more);
      for (let i = 0; i < own; i++) to.bytes[data + i] = bytes[from + i]!;
      for (let i = 0; i < more; i++) to.bytes[data + own + i] = end[i]!;
    }
  }
}
