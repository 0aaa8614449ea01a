// The maps in shared memory that hold one cluster, and the keys of what is in them. Knows where things are; knows nothing of what they
// mean.
import { writeLatin1 } from '../../../dns/latin1.ts';
import { Key } from '../../../store/key.ts';
import type { Entry } from '../../../store/key.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import type { Flags } from '../../../store/cells.ts';
import type { Store } from '../../../store/store.ts';
import { textAt } from './layout.ts';

/** Numbers of a cluster that every thread reads. Times are in seconds since 1970; CLEARED: how often the maps were emptied. */
export const MODIFIED = 0, EXTERNAL_MODIFIED = 1, IMPORTS_MODIFIED = 2, SYNCED = 3, STALE_SINCE = 4, RESTORED = 5, CLEARED = 6;
/** Which resources were never read, as bits; how often anything has changed, ever. */
export const UNREAD = 7, REVISION = 8;
const FLAGS = 9;
/** Bits of UNREAD. */
export const NAMESPACES = 1, SERVICES = 2, ENDPOINT_SLICES = 4, PODS = 8, IMPORTS = 16, NODES = 32;

/** A cluster as one thread sees it. The main thread writes, all read. Each entry's own word is the round of the list it was last in. */
export interface Maps {
  /** Services with their slices, by name and namespace (layout.ts). */
  readonly services: ByteMap;
  /** ServiceImports with theirs. */
  readonly imports: ByteMap;
  /** The service of each slice, and of each slice of an import, by the slice's name and namespace. */
  readonly slices: ByteMap;
  readonly importSlices: ByteMap;
  /** Which services have an address, by the address (address-index.ts). */
  readonly addresses: ByteMap;
  /** What addresses begin with that lead to names in the cluster (prefix-index.ts), and those that lead to names outside. */
  readonly prefixes: ByteMap;
  readonly externalPrefixes: ByteMap;
  /** Which pods have it. */
  readonly podAddresses: ByteMap;
  readonly namespaces: ByteMap;
  /** Pods by name and namespace (layout.ts). */
  readonly pods: ByteMap;
  /** Nodes by the labels of their names, and names above them (node-store.ts). */
  readonly nodes: ByteMap;
  readonly aboveNodes: ByteMap;
  readonly flags: Flags;
}

/** The maps of the cluster with this number. */
export function openMaps(store: Store, number: number): Maps {
  const map = (what: string, owned = 1) => store.byteMap(`kubernetes ${number} ${what}`, owned);
  return {
    services: map('services'), imports: map('imports'), slices: map('slices'), importSlices: map('import slices'),
    addresses: map('addresses', 0),
    prefixes: map('prefixes'), externalPrefixes: map('external prefixes'),
    podAddresses: map('pod addresses', 0), namespaces: map('namespaces'), pods: map('pods'),
    nodes: map('nodes'), aboveNodes: map('above nodes'),
    flags: store.cells.flags(`kubernetes ${number}`, FLAGS),
  };
}
/** Empties a cluster whose number somebody else will use. */
export function clearMaps(maps: Maps): void {
  const { flags, ...all } = maps;
  flags.add(CLEARED, 1);
  for (const map of Object.values(all)) map.clear();
  for (let i = 0; i < FLAGS; i++) if (i !== CLEARED && i !== REVISION) flags.set(i, 0);
}

/** Room for one key, filled again and again. */
export class ObjectKey extends Key {
  readonly #bytes = new Uint8Array(this.words.buffer);

  /** Name and namespace, each behind its length: as they stand in a question. At most 255 bytes each. */
  of(name: string, namespace: string): this {
    return this.#finish(this.#text(namespace, this.#text(name, 0)));
  }
  /** One name. */
  name(name: string): this {
    return this.#finish(this.#text(name, 0));
  }
  /** Bytes that are a key already: labels of a question, an address. */
  copy(source: Uint8Array, at: number, length: number): this {
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) bytes[i] = source[at + i]!;
    return this.#finish(length);
  }
  #text(text: string, at: number): number {
    const size = Math.min(text.length, 255);
    this.#bytes[at] = size;
    return writeLatin1(text.slice(0, size), this.#bytes, at + 1);
  }
  #finish(size: number): this {
    const bytes = this.#bytes;
    let length = size;
    while ((length & 3) !== 0) bytes[length++] = 0;
    return this.reset(length);
  }
  /** The entry of this key, or 0. */
  in(map: ByteMap): Entry | 0 {
    return map.find(this);
  }
}

/** The two texts of a key made by `ObjectKey.of`. */
export function namesOf(map: ByteMap, entry: Entry): [name: string, namespace: string] {
  const { bytes } = map;
  const at = map.keyAt(entry) * 4;
  const second = at + 1 + bytes[at]!;
  return [textAt(bytes, at), second < at + map.keyWords(entry) * 4 ? textAt(bytes, second) : ''];
}

/** Name and namespace of each entry that was not put in this round. The writer's: it looks at no more of an entry than its word. */
export function unseen(map: ByteMap, round: number): [name: string, namespace: string][] {
  const found: [string, string][] = [];
  for (const entry of map.list()) if (map.words[map.ownedAt(entry)] !== round) found.push(namesOf(map, entry));
  return found;
}
