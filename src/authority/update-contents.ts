// The records of a zone that is updated, by name: what updates are held against, what they leave, and how that is written in a journal.
// Knows records and octets; knows no file and no store.
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { setU16, setU32, u16, u32 } from '../dns/packet.ts';
import { record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS } from '../dns/type-name.ts';
import type { RecordSink } from '../zonefile/sink.ts';
import { recordKey } from './update.ts';
import type { UpdatedZone } from './update.ts';

const NONE: readonly RR[] = [];
/** Octets of a record's type, time to live and length, and of how many records a name has. */
const HEAD = 8, COUNT = 4;
/** What names have, as `update` says it. */
type Changed = ReadonlyMap<Name, readonly RR[]>;

/** All records of one zone; it can be filled from a zone file. */
export class UpdateContents implements UpdatedZone, RecordSink {
  readonly zone: Name;
  readonly #names = new Map<string, RR[]>();
  /** Names that a zone file has, by the handle that it knows them by. */
  readonly #handles: Name[] = [];
  /** What a zone file had already: a record that it has twice is one. */
  readonly #seen = new Set<string>();
  /** How many records there are, and their octets in wire form without pointers. */
  records = 0;
  bytes = 0;

  constructor(zone: Name) {
    this.zone = zone;
  }

  at(name: Name): readonly RR[] {
    return this.#names.get(name.key) ?? NONE;
  }
  /** What each name has. */
  sets(): Iterable<readonly RR[]> {
    return this.#names.values();
  }
  /** Puts these records in place of what the names had. */
  apply(changed: Changed): void {
    for (const [name, records] of changed) {
      this.#count(this.at(name), -1);
      this.#count(records, 1);
      if (records.length > 0) this.#names.set(name.key, [...records]);
      else this.#names.delete(name.key);
    }
  }
  #count(records: readonly RR[], sign: number): void {
    this.records += sign * records.length;
    for (const { name, rdata } of records) this.bytes += sign * (name.raw.length + 10 + rdata.length);
  }

  owner(name: Uint8Array, length: number): number {
    const owner = Name.wire(latin1(name, 0, length)).folded;
    return owner.isUnder(this.zone) ? this.#handles.push(owner) - 1 : -1;
  }
  add(owner: number, type: number, ttl: number, data: Uint8Array, length: number): void {
    const name = this.#handles[owner]!;
    const made = record(name, type, CLASS.IN, ttl, data.slice(0, length));
    const key = `${name.key}${recordKey(made)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const records = this.#names.get(name.key);
    if (records === undefined) this.#names.set(name.key, [made]);
    else records.push(made);
    this.#count([made], 1);
  }
  /** The zone file has been read. */
  end(): void {
    this.#handles.length = 0;
    this.#seen.clear();
  }
  /** Gives all records to another: a scratch, from which a version is made. */
  give(sink: Pick<RecordSink, 'owner' | 'add'>): void {
    for (const [key, records] of this.#names) {
      const owner = sink.owner(latin1Bytes(key), key.length);
      for (const { type, ttl, rdata } of records) sink.add(owner, type, ttl, rdata, rdata.length);
    }
  }
  /** All of it as an entry of a journal: what a journal is folded to. */
  whole(): Uint8Array {
    return entryOf(new Map([...this.#names].map(([key, records]) => [Name.wire(key), records])));
  }
}

/** What a journal's entries make of a zone; `other` gets those that are no changes. */
export function contentsOf(zone: Name, entries: readonly Uint8Array[], other: (entry: Uint8Array) => void = () => {}): UpdateContents {
  const contents = new UpdateContents(zone);
  for (const entry of entries) {
    if (entry[0] === OTHER_ENTRY) other(entry);
    else contents.apply(changedIn(entry));
  }
  return contents;
}
/** The first octet of an entry that is no change: no name begins with it. */
export const OTHER_ENTRY = 0xff;

/** What an update changed as an entry of a journal. */
export function entryOf(changed: Changed): Uint8Array {
  let size = 0;
  for (const [name, records] of changed) {
    size += name.octets.length + COUNT;
    for (const { rdata } of records) size += HEAD + rdata.length;
  }
  const entry = new Uint8Array(size);
  let at = 0;
  for (const [name, records] of changed) {
    entry.set(name.folded.octets, at);
    at += name.octets.length;
    setU32(entry, at, records.length);
    at += COUNT;
    for (const { type, ttl, rdata } of records) {
      setU16(entry, at, type);
      setU32(entry, at + 2, ttl);
      setU16(entry, at + 6, rdata.length);
      entry.set(rdata, at + HEAD);
      at += HEAD + rdata.length;
    }
  }
  return entry;
}
/** What an entry says. Throws WireError where it is none: the journal has judged already that it is what was written. */
export function changedIn(entry: Uint8Array): Changed {
  const changed = new Map<Name, readonly RR[]>();
  for (let at = 0; at < entry.length;) {
    const name = Name.read(entry, at);
    at += name.octets.length;
    const records: RR[] = [];
    const count = u32(entry, at);
    at += COUNT;
    for (let i = 0; i < count; i++) {
      const end = at + HEAD + u16(entry, at + 6);
      records.push(record(name, u16(entry, at), CLASS.IN, u32(entry, at + 2), entry.slice(at + HEAD, end)));
      at = end;
    }
    changed.set(name, records);
  }
  return changed;
}
