// A service as all the names that it has in a zone, each asked of its node as a client would: so what a transfer has is what is answered.
// Knows how services lie in the store, and names; knows neither messages nor what a zone is made of.
import type { Entry } from '../../../store/key.ts';
import { answerName } from '../../../authority/records.ts';
import { Place } from '../../../authority/served-zones.ts';
import type { ServedZone } from '../../../authority/served-zones.ts';
import { ZoneName } from '../../../authority/zone-name.ts';
import type { ZoneRecords } from '../../../authority/zone-records.ts';
import { HEADER } from '../../../dns/packet.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { Endpoints } from '../cluster/endpoints.ts';
import { PORTS, SLICE_PORTS, afterPort, clusterLabel, le16, servicePorts, slicePorts, textAt } from '../cluster/layout.ts';
import { ObjectKey } from '../cluster/maps.ts';
import { endpointLabel } from '../cluster/endpoint-label.ts';
import { Parsed } from './question.ts';
import { ServiceNode } from './service-node.ts';
import type { ServiceRules } from './service-node.ts';
import { latin1, rawName } from '../cluster/wire-text.ts';
import type { NameList } from './zone-names.ts';

/** Endpoints that are gone through before others have their turn. */
const MANY = 64;
/** Different ports that one transfer keeps the labels of. */
const MOST_LABELS = 1000;
const NONE = new Int32Array(0);

/** How services are named and found in a zone. */
export interface Naming {
  /** Labels between the namespace and the zone. */
  readonly between: string;
  read(parsed: Parsed, asked: ZoneName, place: Place): void;
  find(node: ServiceNode, asked: ZoneName, parsed: Parsed, bytes: Uint8Array, only: Int32Array | undefined): boolean;
  /** Whether the ports that have names are the service's own, not those of its endpoints. */
  hasOwnPorts(bytes: Uint8Array): boolean;
}

/** Goes through the services of one zone for one transfer. */
export class ServiceWalk {
  readonly #naming: Naming;
  readonly #node: ServiceNode;
  readonly #zone: ServedZone;
  readonly #to: ZoneRecords;
  readonly #isTaken: (asked: ZoneName) => boolean;
  readonly #asked = new ZoneName();
  readonly #place = new Place();
  readonly #parsed = new Parsed();
  readonly #endpoints = new Endpoints();
  /** Name and namespace as wire bytes, and a copy of the service: what is in the store may go between two turns. */
  readonly #key = new Uint8Array(256);
  #keySize = 0;
  #bytes = new Uint8Array(1024);
  /** Room for where the endpoints of a service are that has one, or few. */
  readonly #one = new Int32Array(2);
  readonly #few = new Int32Array(MANY * 2);
  /** Labels of ports by how they lie in the store, '' where they have none; and those of one service. */
  readonly #labels = new Map<string, string>();
  readonly #found: string[] = [];

  /** `isTaken`: whether somebody else answers for a name. */
  constructor(naming: Naming, rules: ServiceRules, zone: ServedZone, to: ZoneRecords, isTaken: (asked: ZoneName) => boolean) {
    this.#naming = naming;
    this.#node = new ServiceNode(rules);
    this.#zone = zone;
    this.#to = to;
    this.#isTaken = isTaken;
  }

  /** Writes those of the services with these names that are still there, in namespaces that `exposes`, told where their label is, takes. */
  *all(map: ByteMap, names: NameList, exposes: (bytes: Uint8Array, at: number) => boolean): Generator<void> {
    const { bytes, words } = names;
    const key = new ObjectKey();
    for (let word = 0; word < words.length; word += 1 + words[word]!) {
      const at = (word + 1) * 4;
      const namespace = at + 1 + bytes[at]!;
      const entry = exposes(bytes, namespace) ? key.copy(bytes, at, words[word]! * 4).in(map) : 0;
      if (entry !== 0) {
        this.#take(bytes, at, namespace + 1 + bytes[namespace]! - at, map, entry);
        if (!this.#writeFew()) yield* this.#writeMany();
      }
      yield;
      names.check();
    }
  }
  #take(key: Uint8Array, keyAt: number, keySize: number, map: ByteMap, entry: Entry): void {
    const to = this.#key;
    for (let i = 0; i < keySize; i++) to[i] = key[keyAt + i]!;
    this.#keySize = keySize;
    const size = map.valueSize(entry);
    const at = map.bytesAt(entry);
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size * 2);
    this.#bytes.set(map.bytes.subarray(at, at + size));
  }
  /** Writes a service with few endpoints, as most are, in one go: iterators were a third of what a transfer left behind. */
  #writeFew(): boolean {
    if (!this.#find('', undefined)) return true;
    const pairs = this.#pairs();
    if (pairs.length > MANY * 2) return false;
    this.#writeAll(true);
    for (const port of this.#ports()) if (this.#find(port, undefined)) this.#writeAll(false);
    if (pairs.length === 2) {
      const label = this.#label(pairs, 0);
      if (label !== undefined && this.#find(label, pairs)) this.#writeAll(true);
    } else if (pairs.length > 0) {
      for (const [label, those] of this.#named(pairs, new Map(), 0, pairs.length)) {
        if (this.#find(label, Int32Array.from(those))) this.#writeAll(true);
      }
    }
    return true;
  }
  *#writeMany(): Generator<void> {
    if (!this.#find('', undefined)) return yield;
    const pairs = this.#pairs();
    yield* this.#records(pairs, true);
    for (const port of this.#ports()) if (this.#find(port, undefined)) yield* this.#records(pairs, false);
    yield* this.#endpointNames(pairs);
  }
  /** Asks for the name with these labels before the service's; false where there is none, or somebody else has it. */
  #find(before: string, only: Int32Array | undefined): boolean {
    const asked = this.#asked.begin().text(before).copy(this.#key, 0, this.#keySize).text(this.#naming.between);
    if (!asked.under(this.#zone)) return false;
    const place = this.#place.readIn(this.#zone, asked);
    this.#naming.read(this.#parsed, asked, place);
    if (!this.#naming.find(this.#node, asked, this.#parsed, this.#bytes, only) || this.#isTaken(asked)) return false;
    this.#to.own(asked.bytes, HEADER, asked.nameLength);
    return true;
  }
  /** Writes what was found: an alias, or records of each type; SRV alone where not `all`. */
  #writeAll(all: boolean): void {
    const node = this.#node;
    const to = this.#to;
    const alias = node.alias(TYPE.A);
    if (alias !== undefined) {
      answerName(to, TYPE.CNAME, node.aliasTtl, alias.raw);
      return;
    }
    if (all) node.write(TYPE.A, to, this.#asked, this.#place);
    if (all) node.write(TYPE.AAAA, to, this.#asked, this.#place);
    node.write(TYPE.SRV, to, this.#asked, this.#place);
  }
  *#records(pairs: Int32Array, all: boolean): Generator<void> {
    const node = this.#node;
    const to = this.#to;
    if (pairs.length <= MANY * 2 || !node.isOfEndpoints) {
      this.#writeAll(all);
      return yield;
    }
    for (const type of all ? [TYPE.A, TYPE.AAAA, TYPE.SRV] : [TYPE.SRV]) {
      for (let i = 0; i < pairs.length; i += MANY * 2) {
        node.restrict(pairs.subarray(i, i + MANY * 2));
        node.write(type, to, this.#asked, this.#place);
        yield;
      }
    }
  }
  /** Where each slice and each endpoint in it begins. */
  #pairs(): Int32Array {
    const endpoints = this.#endpoints;
    let count = 0;
    endpoints.begin(this.#bytes, 0);
    while (endpoints.next()) count += endpoints.count * 2;
    const found = count === 2 ? this.#one : count > MANY * 2 ? new Int32Array(count) : this.#few;
    let at = 0;
    endpoints.begin(this.#bytes, 0);
    while (endpoints.next()) {
      while (endpoints.nextEndpoint()) {
        found[at++] = endpoints.slice;
        found[at++] = endpoints.endpoint;
      }
    }
    return count === 0 ? NONE : count === found.length ? found : found.subarray(0, count);
  }
  /** The labels of ports that have names: those of the service, or of its slices. */
  #ports(): readonly string[] {
    const bytes = this.#bytes;
    this.#found.length = 0;
    if (this.#naming.hasOwnPorts(bytes)) this.#addPorts(servicePorts(bytes, 0), le16(bytes, PORTS));
    else {
      const endpoints = this.#endpoints;
      endpoints.begin(bytes, 0);
      while (endpoints.next()) this.#addPorts(slicePorts(bytes, endpoints.slice), le16(bytes, endpoints.slice + SLICE_PORTS));
    }
    return this.#found;
  }
  #addPorts(at: number, count: number): void {
    const bytes = this.#bytes;
    for (let port = at, left = count; left > 0; left--) {
      const end = afterPort(bytes, port);
      const key = bytes[port + 2] === 1 ? '' : latin1(bytes, port + 3, end - port - 3);
      const label = key === '' ? '' : this.#labels.get(key) ?? this.#labelOf(port, key);
      if (label !== '' && !this.#found.includes(label)) this.#found.push(label);
      port = end;
    }
  }
  #labelOf(port: number, key: string): string {
    const bytes = this.#bytes;
    const protocol = textAt(bytes, port + 3);
    const name = textAt(bytes, port + 4 + bytes[port + 3]!);
    // A port without a name has no SRV record (schema 2.3.2).
    const isNamed = name !== '' && protocol !== '' && name.length <= 62 && protocol.length <= 62;
    const label = isNamed ? rawName(`_${name}`, `_${protocol}`) : '';
    if (this.#labels.size < MOST_LABELS) this.#labels.set(key, label);
    return label;
  }
  /** The names of endpoints, each with all that have it. */
  *#endpointNames(pairs: Int32Array): Generator<void> {
    const names = new Map<string, number[]>();
    for (let i = 0; i < pairs.length; i += MANY * 2) {
      this.#named(pairs, names, i, Math.min(pairs.length, i + MANY * 2));
      yield;
    }
    for (const [label, those] of names) {
      const only = Int32Array.from(those);
      if (this.#find(label, only)) yield* this.#records(only, true);
    }
  }
  /** Adds some of the endpoints to those of their names. */
  #named(pairs: Int32Array, names: Map<string, number[]>, from: number, to: number): Map<string, number[]> {
    for (let i = from; i < to; i += 2) {
      const label = this.#label(pairs, i)?.toLowerCase();
      if (label === undefined) continue;
      const known = names.get(label);
      if (known === undefined) names.set(label, [pairs[i]!, pairs[i + 1]!]);
      else known.push(pairs[i]!, pairs[i + 1]!);
    }
    return names;
  }
  /** The labels of an endpoint: its own, and that of its cluster; undefined where it has none. */
  #label(pairs: Int32Array, i: number): string | undefined {
    const cluster = clusterLabel(this.#bytes, pairs[i]!);
    return cluster === undefined ? undefined : endpointLabel(this.#bytes, pairs[i + 1]!) + cluster;
  }
}
