// Hosts entries as answers that are ready to be copied: records whose owner is a pointer to the question, by name and type, in
// memory that every thread reads. Knows the layout of such an answer; knows no file.
import { isLowerCase } from '../../authority/spelling.ts';
import { latin1 } from '../../dns/latin1.ts';
import { reverseName } from '../../dns/reverse.ts';
import { HEADER, setU16, setU32, u16 } from '../../dns/packet.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { Key } from '../../store/key.ts';
import type { Entry } from '../../store/key.ts';
import { AA, TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { ByteMap } from '../../store/bytemap.ts';
import type { Space } from '../../store/space.ts';
import type { Store } from '../../store/store.ts';
import type { Entries } from './entries.ts';

/** The number of records is the owner's only word. */
const OWNED = 1;
/** Bytes of records in one message: what it can have, less header, question, a name spelled out, and the server's OPT. */
const MOST = 65535 - 12 - 259 - 255 - 300;

/** One block's answers. The main thread fills it; every thread looks things up. */
export class Table {
  readonly #store: Pick<Store, 'freshMap' | 'reading'>;
  readonly #map: ByteMap;
  readonly #flags: { get(index: number): number; set(index: number, value: number): void };

  constructor(store: Pick<Store, 'freshMap' | 'reading'>, space: Space) {
    this.#store = store;
    this.#map = space.map('hosts', OWNED);
    this.#flags = space.flags('hosts', 1);
  }

  /**
   * Puts these entries in place of all that was there, at once. Sources in the order of their answers (HST-3). Says of which names, as wire
   * text, something is another now.
   */
  fill(sources: readonly Entries[], ttl: number): ReadonlySet<string> {
    const fresh = this.#store.freshMap(OWNED);
    const key = new Key();
    const put = (name: string, type: number, all: readonly Uint8Array[]) => {
      const data = distinct(all);
      const value = answers(type, ttl, data);
      const entry = fresh.prepare(key.named(name, type), value.length);
      if (entry === 0) throw new RangeError('the shared memory is full: the hosts file is not loaded');
      fresh.words[fresh.ownedAt(entry)] = data.length;
      fresh.bytes.set(value, fresh.bytesAt(entry));
      fresh.publish(entry);
    };
    for (const [family, type] of [['v4', TYPE.A], ['v6', TYPE.AAAA]] as const) {
      for (const name of new Set(sources.flatMap((source) => [...source[family].keys()]))) {
        put(name, type, sources.flatMap((source) => source[family].get(name) ?? source[family].get(wildcard(name)) ?? []));
      }
    }
    for (const address of new Set(sources.flatMap(({ names }) => [...names.keys()]))) {
      const found = sources.flatMap(({ names }) => names.get(address) ?? []);
      put(reverseName(found[0]!.address).key, TYPE.PTR, found.flatMap(({ names }) => names.map(({ octets }) => octets)));
    }
    this.#flags.set(0, sources.some(({ v4, v6 }) => [...v4.keys(), ...v6.keys()].some((name) => name.startsWith('\x01*'))) ? 1 : 0);
    const changed = this.#store.reading.within(() => new Set([...differing(fresh, this.#map), ...differing(this.#map, fresh)]));
    this.#map.replaceAll(fresh);
    return changed;
  }

  /** The answer for the question's name and this type, or 0. Wildcards hold for addresses only (HST-4). */
  find(query: Query, type: number): Entry | 0 {
    const found = this.#map.find(type === query.type && query.class === CLASS.IN ? query.key : query.keyFor(type));
    if (found !== 0 || type === TYPE.PTR) return found;
    return this.#flags.get(0) === 0 ? 0 : this.#findWildcard(query, type);
  }
  readonly #key = new Key();
  #findWildcard(query: Query, type: number): Entry | 0 {
    const name = wildcard(query.name.key);
    if (name === '') return 0;
    return this.#map.find(this.#key.named(name, type));
  }

  /** The answer as a reply. Owners are the question's name in lower case (HST-5): a pointer where it was asked so. */
  reply(query: Query, entry: Entry): Message {
    const message = query.begin(AA, 0);
    this.write(message, query, entry);
    return message;
  }
  /** The same, into a reply that has no records yet. */
  write(message: Message, query: Query, entry: Entry): void {
    const map = this.#map;
    let count = map.words[map.ownedAt(entry)]!;
    let size = map.valueSize(entry);
    const from = map.bytesAt(entry);
    if (size > MOST) {
      [size, count] = fitting(map.bytes, from);
      message.setFlags(TC);
    }
    if (isLowerCase(query)) {
      message.ensure(size);
      const { bytes } = message;
      const to = message.at + message.length;
      if (size <= 64) for (let i = 0; i < size; i++) bytes[to + i] = map.bytes[from + i]!;
      else bytes.set(map.bytes.subarray(from, from + size), to);
      message.length += size;
    } else this.#spell(query, message, from, size);
    message.plain = query.questionEnd + size + count * (query.nameLength - 2);
    setU16(message.bytes, message.at + 6, count);
  }
  /** The first record has the name in full, in lower case; the others point there. */
  #spell(query: Query, message: Message, from: number, size: number): void {
    const { nameLength } = query;
    message.ensure(size + nameLength);
    const { bytes } = message;
    const start = message.at + message.length;
    const key = query.keyAt;
    for (let i = 0; i < nameLength; i++) bytes[start + i] = query.bytes[key + i]!;
    const kept = this.#map.bytes;
    let to = start + nameLength;
    for (let at = from; at < from + size; ) {
      const end = at + 12 + u16(kept, at + 10);
      if (at > from) {
        setU16(bytes, to, 0xc000 | (start - message.at));
        to += 2;
      }
      for (let i = at + 2; i < end; i++) bytes[to++] = kept[i]!;
      at = end;
    }
    message.length += to - start;
  }
}

/** The names of what one map has, and the other has not, or not so. */
function* differing(map: ByteMap, other: ByteMap): Generator<string> {
  for (const entry of map.walk()) {
    const at = map.keyAt(entry);
    const found = other.find(new Key(map.words, at).reset(map.keyWords(entry) * 4));
    if (found !== 0 && Buffer.compare(valueOf(map, entry), valueOf(other, found)) === 0) continue;
    yield wireAt(map.bytes, at * 4);
  }
}
function valueOf(map: ByteMap, entry: Entry): Uint8Array {
  const at = map.bytesAt(entry);
  return map.bytes.subarray(at, at + map.valueSize(entry));
}
function wireAt(bytes: Uint8Array, from: number): string {
  let at = from;
  while (bytes[at] !== 0) at += bytes[at]! + 1;
  return latin1(bytes, from, at + 1);
}

/** How many bytes, and how many records, of an answer fit into a message. */
function fitting(bytes: Uint8Array, from: number): [size: number, count: number] {
  let size = 0;
  let count = 0;
  for (let next = 12 + u16(bytes, from + 10); next <= MOST; count++) {
    size = next;
    next += 12 + u16(bytes, from + size + 10);
  }
  return [size, count];
}

/** `*` in place of the first label, or '' for a name that has no label to give. */
export function wildcard(name: string): string {
  const size = name.charCodeAt(0);
  const parent = name.slice(size + 1);
  return size === 0 || parent === '\0' ? '' : `\x01*${parent}`;
}
/** Records one after the other, each owned by a pointer to the question. */
function answers(type: number, ttl: number, data: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(data.reduce((sum, each) => sum + 12 + each.length, 0));
  let at = 0;
  for (const each of data) {
    setU16(bytes, at, 0xc000 | HEADER);
    setU16(bytes, at + 2, type);
    setU16(bytes, at + 4, CLASS.IN);
    setU32(bytes, at + 6, ttl);
    setU16(bytes, at + 10, each.length);
    bytes.set(each, at + 12);
    at += 12 + each.length;
  }
  return bytes;
}
/** Equal records are one (RFC 2181 section 5). */
function distinct(data: readonly Uint8Array[]): readonly Uint8Array[] {
  return data.length < 2 ? data : [...new Map(data.map((each) => [latin1(each, 0, each.length), each])).values()];
}
