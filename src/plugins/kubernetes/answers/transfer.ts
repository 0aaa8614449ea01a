// A cluster's zone as it is transferred (K8S-16): the names in it, each with what its node answers. Knows the schema and the store; knows
// nothing of messages.
import type { Entry } from '../../../store/key.ts';
import type { Node } from '../../../authority/backend.ts';
import { Place } from '../../../authority/served-zones.ts';
import type { ServedZone } from '../../../authority/served-zones.ts';
import { ZoneName } from '../../../authority/zone-name.ts';
import type { ZoneRecords } from '../../../authority/zone-records.ts';
import { HEADER } from '../../../dns/packet.ts';
import { TYPE } from '../../../dns/type-name.ts';
import { HOST_POD, POD, ownersAt } from '../cluster/address-index.ts';
import { VERSION_NODE } from './backend.ts';
import type { ClusterBackend } from './backend.ts';
import type { Settings } from '../config.ts';
import { addressLabel } from '../cluster/facts.ts';
import { HEADLESS } from '../cluster/layout.ts';
import { ObjectKey } from '../cluster/maps.ts';
import { NODE_LABEL } from '../cluster/node-store.ts';
import type { Maps } from '../cluster/maps.ts';
import { MachineNode } from './machine-node.ts';
import { PodNode } from './pod-node.ts';
import { writePointers } from './pointer-walk.ts';
import { ServiceWalk } from './service-walk.ts';
import type { Naming } from './service-walk.ts';
import { latin1, rawName } from '../cluster/wire-text.ts';
import { SharedNames } from './zone-names.ts';

/** The zones of one stanza, in one thread. */
export class ClusterZones {
  readonly backend: ClusterBackend;
  readonly #maps: Maps;
  readonly #settings: Settings;
  readonly #services: SharedNames;
  readonly #imports: SharedNames;
  readonly #addresses: SharedNames;
  readonly #pods: SharedNames;
  readonly #nodes: SharedNames;

  constructor(backend: ClusterBackend, maps: Maps, settings: Settings) {
    this.backend = backend;
    this.#maps = maps;
    this.#settings = settings;
    this.#services = new SharedNames(maps, maps.services);
    this.#imports = new SharedNames(maps, maps.imports);
    this.#addresses = new SharedNames(maps, maps.addresses);
    this.#pods = new SharedNames(maps, maps.podAddresses);
    this.#nodes = new SharedNames(maps, maps.nodes);
  }

  /** Writes the zone; `before` are the clusters that are asked before this one: what they answer for is theirs. */
  *write(zone: ServedZone, to: ZoneRecords, before: readonly ClusterZones[]): Generator<void> {
    const aside = new Place();
    const isTaken = before.length === 0 ? () => false : (asked: ZoneName) => before.some(({ backend }) => {
      const theirs = backend.zones.exactly(zone.name);
      return theirs !== undefined && backend.at(aside.readIn(theirs, asked), asked) !== undefined;
    });
    if (before.length === 0) yield* this.#apex(zone, to);
    if (zone.reverse) {
      const pointers = this.backend.pointers();
      return yield* writePointers(this.#addresses.take(), zone, to, isTaken, (key) => (pointers.find(key) ? pointers : undefined));
    }
    yield* this.#serviceNames(zone, to, isTaken);
    if (this.#settings.pods === 'verified' && !this.backend.isMulticluster(zone)) yield* this.#podNames(zone, to, isTaken);
    if (this.#settings.nodes !== undefined && !this.backend.isMulticluster(zone)) yield* this.#nodeNames(zone, to, isTaken);
  }

  *#apex(zone: ServedZone, to: ZoneRecords): Generator<void> {
    const write = (before: string, node: Node, ...types: readonly number[]) => {
      const asked = new ZoneName().text(before);
      if (!asked.under(zone)) return;
      to.own(asked.bytes, HEADER, asked.nameLength);
      for (const type of types) node.write(type, to, asked, new Place().readIn(zone, asked));
    };
    const servers = this.backend.serversNode(zone);
    write('', servers, TYPE.NS);
    write(rawName('ns', 'dns'), servers, TYPE.A, TYPE.AAAA);
    if (!zone.reverse) write(rawName('dns-version'), VERSION_NODE, TYPE.TXT);
    yield;
  }
  *#serviceNames(zone: ServedZone, to: ZoneRecords, isTaken: (asked: ZoneName) => boolean): Generator<void> {
    const { ttl, ignoreEmptyService: ignoreEmpty, zonal } = this.#settings;
    const multicluster = this.backend.isMulticluster(zone);
    const naming: Naming = {
      between: '\x03svc',
      read: (parsed, asked, place) => parsed.read(asked, place, multicluster, zonal),
      find: (node, asked, parsed, bytes, only) => node.find(asked, parsed, bytes, 0, only),
      hasOwnPorts: (bytes) => (bytes[0]! & HEADLESS) === 0,
    };
    const walk = new ServiceWalk(naming, { ttl, serviceTtl: ttl, folded: false, ignoreEmpty }, zone, to, isTaken);
    const map = multicluster ? this.#maps.imports : this.#maps.services;
    yield* walk.all(map, (multicluster ? this.#imports : this.#services).take(), (bytes, at) => this.backend.exposed.at(bytes, at));
  }
  *#nodeNames(zone: ServedZone, to: ZoneRecords, isTaken: (asked: ZoneName) => boolean): Generator<void> {
    const names = this.#nodes.take();
    const asked = new ZoneName();
    const machine = new MachineNode(this.#maps, this.#settings.ttl);
    for (const [at, size] of names.keys()) {
      const labels = latin1(names.bytes, at, size).replace(/\0+$/, '');
      const node = machine.find(names.bytes, at, size);
      if (node !== undefined && asked.begin().text(labels + NODE_LABEL).under(zone) && !isTaken(asked)) {
        to.own(asked.bytes, HEADER, asked.nameLength);
        for (const type of [TYPE.A, TYPE.AAAA]) node.write(type, to, asked, new Place().readIn(zone, asked));
      }
      yield;
      names.check();
    }
  }
  *#podNames(zone: ServedZone, to: ZoneRecords, isTaken: (asked: ZoneName) => boolean): Generator<void> {
    const names = this.#pods.take();
    const map = this.#maps.podAddresses;
    const asked = new ZoneName();
    const key = new ObjectKey();
    const node = new PodNode(this.#settings.ttl);
    for (const [at, size] of names.keys()) {
      const address = names.bytes.slice(at, at + size);
      const entry = key.copy(address, 0, size).in(map);
      for (const namespace of entry === 0 ? [] : this.#namespaces(entry)) {
        const label = addressLabel(address);
        if (!asked.begin().text(rawName(label, namespace, 'pod')).under(zone) || isTaken(asked)) continue;
        to.own(asked.bytes, HEADER, asked.nameLength);
        node.of(address, 0, 1).write(size === 4 ? TYPE.A : TYPE.AAAA, to, asked, new Place().readIn(zone, asked));
      }
      yield;
      names.check();
    }
  }
  /** Those that pods with an address are in, and that may be spoken of. */
  #namespaces(entry: Entry): Iterable<string> {
    const map = this.#maps.podAddresses;
    const { bytes } = map;
    const found = new Set<string>();
    for (const item of ownersAt(map, entry)) {
      if (bytes[item] !== POD && bytes[item] !== HOST_POD) continue;
      const namespace = item + 2 + bytes[item + 1]!;
      if (this.backend.exposed.at(bytes, namespace)) found.add(latin1(bytes, namespace + 1, bytes[namespace]!));
    }
    return found;
  }
}
