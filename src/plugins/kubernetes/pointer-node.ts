// PTR records of services and endpoints (K8S-14): the question's address, who has it, and their names. Knows the store; knows no question
// but the reverse one.
import type { Node } from '../../authority/backend.ts';
import type { Place } from '../../authority/served-zones.ts';
import { ANSWER, hasRoom, record } from '../../authority/write.ts';
import { HEADER } from '../../dns/packet.ts';
import { addressOfReverse } from '../../dns/reverse.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { CLUSTER, ENDPOINT, EXTERNAL, ownersAt } from './address-index.ts';
import type { Exposed } from './exposed.ts';
import { SIZE, endpointsAt, slicesAt } from './layout.ts';
import { latin1 } from './match.ts';
import { ObjectKey } from './maps.ts';
import type { Maps } from './maps.ts';
import { endpointLabel } from './service-node.ts';

const PTR = 12;
const ARPA = 'in-addr\x04arpa';

/** The address that the question's name stands for, as a key; undefined where it is no whole reverse name. */
export function reverseKey(query: Query, place: Place, key: ObjectKey): ObjectKey | undefined {
  const { bytes } = query;
  const { at, total } = place;
  if (total === 6 && bytes[at[4]!] === 7 && latin1(bytes, at[4]! + 1, ARPA.length) === ARPA) {
    for (let i = 0; i < 4; i++) {
      const value = number(bytes, at[3 - i]!);
      if (value < 0) return undefined;
      OCTETS[i] = value;
    }
    return key.copy(OCTETS, 0, 4);
  }
  const address = total === 34 ? addressOfReverse(query.name) : undefined;
  return address === undefined ? undefined : key.copy(address, 0, address.length);
}
const OCTETS = new Uint8Array(4);
/** The decimal octet in a label, or -1. */
function number(bytes: Uint8Array, at: number): number {
  const size = bytes[at]!;
  if (size > 3 || (size > 1 && bytes[at + 1] === 0x30)) return -1;
  let value = 0;
  for (let i = 1; i <= size; i++) {
    const digit = bytes[at + i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value > 255 ? -1 : value;
}

/** The names of an address. One object is used for one question after the other. */
export class PointerNode implements Node {
  readonly #maps: Maps;
  readonly #ttl: number;
  readonly #suffix: string;
  readonly #exposed: Exposed;
  readonly #key = new ObjectKey();
  readonly #names: string[] = [];

  /** `suffix` is what follows service and namespace in the names, as wire text. */
  constructor(maps: Maps, ttl: number, suffix: string, exposed: Exposed) {
    this.#maps = maps;
    this.#ttl = ttl;
    this.#suffix = suffix;
    this.#exposed = exposed;
  }

  /** Finds the names of the address that is `key`; false where it has none. */
  find(key: ObjectKey): boolean {
    const map = this.#maps.addresses;
    this.#names.length = 0;
    const entry = key.in(map);
    if (entry === 0) return false;
    for (const owner of this.#owners(entry, CLUSTER)) {
      this.#names.push(owner + this.#suffix);
      return true;
    }
    const address = latin1(map.bytes, map.keyAt(entry) * 4, map.keyWords(entry) * 4);
    for (const owner of this.#owners(entry, ENDPOINT)) this.#addEndpoints(owner, address);
    return this.#names.length > 0;
  }
  /** The same for the names of the services that have it outside of the cluster (KEXT-4). */
  findExternal(key: ObjectKey): boolean {
    this.#names.length = 0;
    const entry = key.in(this.#maps.addresses);
    if (entry !== 0) for (const owner of this.#owners(entry, EXTERNAL)) this.#names.push(owner + this.#suffix);
    return this.#names.length > 0;
  }
  /** Owners of an address to which it is of this kind, as the wire labels of their names and namespaces. */
  *#owners(entry: number, kind: number): Generator<string> {
    const map = this.#maps.addresses;
    const { bytes } = map;
    for (const item of ownersAt(map, entry)) {
      const namespace = item + 2 + bytes[item + 1]!;
      if (bytes[item] !== kind || !this.#exposed.ofOwner(bytes, namespace)) continue;
      yield latin1(bytes, item + 1, namespace + bytes[namespace]! - item);
    }
  }
  /** `service`: name and namespace as wire labels. */
  #addEndpoints(service: string, address: string): void {
    const map = this.#maps.services;
    const entry = this.#key.copy(Buffer.from(service, 'latin1'), 0, service.length).in(map);
    if (entry === 0) return;
    const { bytes } = map;
    for (const slice of slicesAt(bytes, map.valueAt(entry) * 4)) {
      for (const endpoint of endpointsAt(bytes, slice)) {
        if ((bytes[endpoint]! & SIZE) !== address.length || latin1(bytes, endpoint + 1, address.length) !== address) continue;
        const name = endpointLabel(bytes, endpoint) + service + this.#suffix;
        if (!this.#names.includes(name)) this.#names.push(name);
      }
    }
  }

  write(type: number, reply: Message): void {
    if (type !== PTR) return;
    for (const name of this.#names) {
      // 255 bytes is the longest name there can be: one that is longer cannot be told.
      if (name.length > 255 || !hasRoom(reply, 12 + name.length)) continue;
      const at = record(reply, ANSWER, HEADER, PTR, this.#ttl, name.length);
      for (let i = 0; i < name.length; i++) reply.bytes[at + i] = name.charCodeAt(i);
    }
  }
}
