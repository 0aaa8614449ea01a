// The Nodes of a cluster as they lie in shared memory, and the names above theirs. Knows the maps; reads no object of the API and writes
// no records.
//
// Nodes by the wire labels of their names, which may be several; value: for each address u8 size, address. The map above them has each
// name that is the end of others, and how many there are in the entry's own word.
import type { Entry } from '../../../store/key.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { latin1 as octetsAsText, writeLatin1 } from '../../../dns/latin1.ts';
import { AddressIndex, NODE, itemOf } from './address-index.ts';
import type { CountedNames } from './counted-names.ts';
import { ObjectKey } from './maps.ts';
import type { Maps } from './maps.ts';
import { rawName } from './wire-text.ts';

/** The label above the names of nodes, as wire text. */
export const NODE_LABEL = '\x04node';
/** The name of a node as wire labels; undefined where it can be no part of a name. */
export function nodeLabels(name: string): string | undefined {
  const labels = name.split('.');
  return labels.every(({ length }) => length > 0 && length < 64) ? rawName(...labels) : undefined;
}

/** The writer of the nodes of one cluster. */
export class NodeStore {
  readonly #maps: Maps;
  readonly #names: CountedNames | undefined;
  readonly #addresses: AddressIndex;
  readonly #key = new ObjectKey();
  readonly #room = new Uint8Array(256);

  constructor(maps: Maps, names: CountedNames | undefined) {
    this.#maps = maps;
    this.#names = names;
    this.#addresses = new AddressIndex(maps.addresses, maps.prefixes);
  }

  /** Puts a node under its labels; false where nothing is another than before. */
  put(labels: string, addresses: readonly Uint8Array[], round: number): boolean {
    const map = this.#maps.nodes;
    const value = Uint8Array.from(addresses.flatMap((address) => [address.length, ...address]));
    const before = this.#valueOf(labels);
    const known = this.#keyOf(labels).in(map);
    if (known !== 0 && before !== undefined && Buffer.compare(before, value) === 0) {
      map.words[map.ownedAt(known)] = round;
      return false;
    }
    const entry = map.prepare(this.#keyOf(labels), value.length);
    if (entry === 0) return false;
    map.words[map.ownedAt(entry)] = round;
    map.bytes.set(value, map.bytesAt(entry));
    if (!map.publish(entry)) return false;
    if (before === undefined) this.#addAbove(labels);
    else this.#unindex(labels, before);
    const item = itemOf(NODE, labels, '');
    for (const address of addresses) this.#addresses.add(address, 0, address.length, item);
    this.#tell(labels, before, value);
    return true;
  }
  /** Takes a node away; false where it was not there. */
  remove(labels: string): boolean {
    const before = this.#valueOf(labels);
    if (before === undefined) return false;
    this.#maps.nodes.remove(this.#keyOf(labels));
    this.#unindex(labels, before);
    for (const above of namesAbove(labels)) {
      const map = this.#maps.aboveNodes;
      const entry = this.#keyOf(above).in(map);
      if (entry !== 0 && --map.words[map.ownedAt(entry)]! <= 0) map.remove(this.#key);
    }
    this.#tell(labels, before, before);
    return true;
  }
  /** Takes those away that were not put in this round; false where there was none. */
  sweep(round: number): boolean {
    const map = this.#maps.nodes;
    const gone = [...map.list()].filter((entry) => map.words[map.ownedAt(entry)] !== round).map((entry) => nodeAt(map, entry));
    for (const labels of gone) this.remove(labels);
    return gone.length > 0;
  }
  /** Makes the names above nodes that came from a file. */
  restored(): void {
    for (const entry of this.#maps.nodes.list()) this.#addAbove(nodeAt(this.#maps.nodes, entry));
  }

  #addAbove(labels: string): void {
    const map = this.#maps.aboveNodes;
    for (const above of namesAbove(labels)) {
      const known = this.#keyOf(above).in(map);
      if (known !== 0) {
        map.words[map.ownedAt(known)]!++;
        continue;
      }
      const entry = map.prepare(this.#key, 0);
      if (entry === 0) return;
      map.words[map.ownedAt(entry)] = 1;
      if (!map.publish(entry)) return;
    }
  }
  #unindex(labels: string, value: Uint8Array): void {
    const item = itemOf(NODE, labels, '');
    for (let at = 0; at < value.length; at += 1 + value[at]!) this.#addresses.remove(value, at + 1, value[at]!, item);
  }
  #tell(labels: string, before: Uint8Array | undefined, now: Uint8Array): void {
    const names = this.#names;
    if (names === undefined || names.paused) return;
    for (const name of [labels, ...namesAbove(labels)]) names.node(name + NODE_LABEL);
    for (const value of before === undefined ? [now] : [before, now]) {
      for (let at = 0; at < value.length; at += 1 + value[at]!) names.address(value, at + 1, value[at]!);
    }
  }
  /** The addresses of a node as they lie, a copy. */
  #valueOf(labels: string): Uint8Array | undefined {
    const map = this.#maps.nodes;
    const entry = this.#keyOf(labels).in(map);
    if (entry === 0) return undefined;
    const at = map.bytesAt(entry);
    return map.bytes.slice(at, at + map.valueSize(entry));
  }
  #keyOf(labels: string): ObjectKey {
    return this.#key.copy(this.#room, 0, this.#write(labels));
  }
  #write(labels: string): number {
    return writeLatin1(labels, this.#room, 0);
  }
}

/** The labels of the node whose entry it is. */
export function nodeAt(map: ByteMap, entry: Entry): string {
  const at = map.keyAt(entry) * 4;
  const end = at + map.keyWords(entry) * 4;
  let size = at;
  while (size < end && map.bytes[size] !== 0) size += 1 + map.bytes[size]!;
  return octetsAsText(map.bytes, at, size);
}
/** The ends of a name that begin with one of its labels but the first. */
function* namesAbove(labels: string): Generator<string> {
  for (let at = 1 + labels.charCodeAt(0); at < labels.length; at += 1 + labels.charCodeAt(at)) yield labels.slice(at);
}
