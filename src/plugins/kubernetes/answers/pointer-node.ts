// PTR records of services and endpoints (K8S-14): the question's address, who has it, and their names. Knows the store; knows no question
// but the reverse one.
import type { Entry } from '../../../store/key.ts';
import type { Node } from '../../../authority/backend.ts';
import type { Asked, Place } from '../../../authority/served-zones.ts';
import { answerName } from '../../../authority/records.ts';
import { latin1Bytes } from '../../../dns/latin1.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { Message } from '../../../kernel/query/message.ts';
import { CLUSTER, ENDPOINT, EXTERNAL, IMPORT, NODE, ownersAt } from '../cluster/address-index.ts';
import type { Exposed } from './exposed.ts';
import { Endpoints } from '../cluster/endpoints.ts';
import { SERVICE, SIZE } from '../cluster/layout.ts';
import { endpointLabel } from '../cluster/endpoint-label.ts';
import { latin1 } from '../cluster/wire-text.ts';
import { ObjectKey } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';

const ARPA = 'in-addr\x04arpa', IP6 = 'ip6\x04arpa';

/** The address that the question's name stands for, as a key; undefined where it is no whole reverse name. */
export function reverseKey(query: Asked, place: Place, key: ObjectKey): ObjectKey | undefined {
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
  if (total !== 34 || bytes[at[32]!] !== 3 || latin1(bytes, at[32]! + 1, IP6.length) !== IP6) return undefined;
  for (let i = 0; i < 32; i++) {
    const value = nibble(bytes, at[31 - i]!);
    if (value < 0) return undefined;
    NIBBLES[i >> 1] = (i & 1) === 0 ? value << 4 : NIBBLES[i >> 1]! | value;
  }
  return key.copy(NIBBLES, 0, 16);
}
const NIBBLES = new Uint8Array(16);
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

/** What follows in the names of addresses, as wire text; without what has no names there. */
interface Suffixes {
  /** Behind service and namespace. */
  readonly services: string;
  /** Behind those of services of several clusters. */
  readonly imports?: string | undefined;
  /** Behind the name of a node. */
  readonly nodes?: string | undefined;
}

/** The names of an address. One object is used for one question after the other. */
export class PointerNode implements Node {
  readonly #maps: Maps;
  readonly #ttl: number;
  readonly #suffixes: Suffixes;
  readonly #exposed: Exposed;
  readonly #key = new ObjectKey();
  readonly #names: string[] = [];
  readonly #endpoints = new Endpoints();

  constructor(maps: Maps, ttl: number, suffixes: Suffixes, exposed: Exposed) {
    this.#maps = maps;
    this.#ttl = ttl;
    this.#suffixes = suffixes;
    this.#exposed = exposed;
  }

  /** Finds the names of the address that is `key`; false where it has none. */
  find(key: ObjectKey): boolean {
    const map = this.#maps.addresses;
    this.#names.length = 0;
    const entry = key.in(map);
    if (entry === 0) return false;
    for (const owner of this.#owners(entry, CLUSTER)) {
      this.#names.push(owner + this.#suffixes.services);
      return true;
    }
    // What has the address of its node is no other machine: the node's name comes first, as where *kubenodes* stood before *kubernetes*.
    if (this.#findNodes(entry)) return true;
    const address = map.bytes.slice(map.keyAt(entry) * 4, (map.keyAt(entry) + map.keyWords(entry)) * 4);
    const others: string[] = [];
    for (const owner of this.#owners(entry, ENDPOINT)) this.#addEndpoints(owner, address, others);
    for (const name of others) if (!this.#names.includes(name)) this.#names.push(name);
    // The name in the set of clusters is for what has none in this cluster (KEP-1645).
    const { imports } = this.#suffixes;
    if (this.#names.length === 0 && imports !== undefined) {
      // Of several the first by name: which of them came first says nothing.
      const [first] = [...this.#owners(entry, IMPORT)].sort();
      if (first !== undefined) this.#names.push(first + imports);
    }
    return this.#names.length > 0;
  }
  #findNodes(entry: Entry): boolean {
    const map = this.#maps.addresses;
    const { nodes } = this.#suffixes;
    if (nodes === undefined) return false;
    for (const item of ownersAt(map, entry)) {
      if (map.bytes[item] === NODE) this.#names.push(latin1(map.bytes, item + 2, map.bytes[item + 1]!) + nodes);
    }
    return this.#names.length > 0;
  }
  /** The same for the names of the services that have it outside of the cluster (KEXT-4). */
  findExternal(key: ObjectKey): boolean {
    this.#names.length = 0;
    const entry = key.in(this.#maps.addresses);
    if (entry !== 0) for (const owner of this.#owners(entry, EXTERNAL)) this.#names.push(owner + this.#suffixes.services);
    return this.#names.length > 0;
  }
  /** Owners of an address to which it is of this kind, as the wire labels of their names and namespaces. */
  *#owners(entry: Entry, kind: number): Generator<string> {
    const map = this.#maps.addresses;
    const { bytes } = map;
    for (const item of ownersAt(map, entry)) {
      const namespace = item + 2 + bytes[item + 1]!;
      if (bytes[item] !== kind || !this.#exposed.ofOwner(bytes, namespace)) continue;
      yield latin1(bytes, item + 1, namespace + bytes[namespace]! - item);
    }
  }
  /** `service`: name and namespace as wire labels. Names that were given to endpoints come first, `others` are made of addresses. */
  #addEndpoints(service: string, address: Uint8Array, others: string[]): void {
    const map = this.#maps.services;
    const entry = this.#key.copy(latin1Bytes(service), 0, service.length).in(map);
    if (entry === 0) return;
    const { bytes } = map;
    const at = map.bytesAt(entry);
    // Slices outlive their service for a while: nothing is to point to a name that is not there.
    if ((bytes[at]! & SERVICE) === 0) return;
    const endpoints = this.#endpoints;
    endpoints.begin(bytes, at);
    while (endpoints.next()) {
      while (endpoints.nextEndpoint()) {
        const { endpoint } = endpoints;
        if (!hasAddress(bytes, endpoint, address)) continue;
        const isGiven = bytes[endpoint + 1 + address.length] !== 0;
        const name = endpointLabel(bytes, endpoint) + service + this.#suffixes.services;
        if (!isGiven) others.push(name);
        else if (!this.#names.includes(name)) this.#names.push(name);
      }
    }
  }

  write(type: number, reply: Message): void {
    if (type !== TYPE.PTR) return;
    for (const name of this.#names) {
      // 255 bytes is the longest name there can be: one that is longer cannot be told.
      if (name.length <= 255 && !answerName(reply, TYPE.PTR, this.#ttl, name)) return;
    }
  }
}
function hasAddress(bytes: Uint8Array, endpoint: number, address: Uint8Array): boolean {
  const size = address.length;
  if ((bytes[endpoint]! & SIZE) !== size) return false;
  for (let i = size - 1; i >= 0; i--) if (bytes[endpoint + 1 + i] !== address[i]) return false;
  return true;
}

/**
 * Reads the beginning of an address that a part of a reverse name stands for. Says how many octets (IPv4) or nibbles (IPv6) it has; -1
 * where it is a whole reverse name, or none.
 */
export function readPrefix({ bytes }: Asked, { at, total }: Place, to: { readonly address: Uint8Array; size: number }): number {
  const six = total >= 2 && bytes[at[total - 2]!] === 3;
  const count = total - 2;
  if (count < 0 || count >= (six ? 32 : 4)) return -1;
  to.address.fill(0);
  to.size = six ? 16 : 4;
  for (let i = 0; i < count; i++) {
    const label = at[count - 1 - i]!;
    const value = six ? nibble(bytes, label) : number(bytes, label);
    if (value < 0) return -1;
    if (six) to.address[i >> 1]! |= (i & 1) === 0 ? value << 4 : value;
    else to.address[i] = value;
  }
  return count;
}
/** The nibble in a label in lower case, or -1. */
function nibble(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 1) return -1;
  const digit = bytes[at + 1]!;
  return digit >= 0x30 && digit <= 0x39 ? digit - 0x30 : digit >= 0x61 && digit <= 0x66 ? digit - 0x57 : -1;
}
