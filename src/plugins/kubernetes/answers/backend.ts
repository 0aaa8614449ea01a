// What a cluster has at a name (K8S-5): services, endpoints, pods, namespaces, name servers, addresses. Knows the schema and the store;
// makes no DNS of it and asks no API.
import { EMPTY } from '../../../authority/backend.ts';
import type { Backend, Node } from '../../../authority/backend.ts';
import { ServedZones } from '../../../authority/served-zones.ts';
import type { Asked, Place, ServedZone } from '../../../authority/served-zones.ts';
import { ADDITIONAL, answerAddress, answerName, hasRoomBeside } from '../../../authority/records.ts';
import type { Soa } from '../../../authority/soa.ts';
import { parseAddress, unmap } from '../../../dns/address.ts';
import { Name } from '../../../dns/name.ts';
import { HEADER } from '../../../dns/packet.ts';
import { CLASS, TYPE } from '../../../dns/type-name.ts';
import type { Fallthrough } from '../../../kernel/site/fallthrough.ts';
import type { Message } from '../../../kernel/query/message.ts';
import type { Query } from '../../../kernel/query/query.ts';
import { HOST_POD, POD, ownersAt } from '../cluster/address-index.ts';
import { CLUSTER_SOA } from './soa.ts';
import type { Settings } from '../config.ts';
import { incompleteOf, staleOf } from '../cluster/condition.ts';
import { Exposed } from './exposed.ts';
import { latin1 } from '../cluster/wire-text.ts';
import { ENDPOINT_SLICES, IMPORTS, IMPORTS_MODIFIED, MODIFIED, NAMESPACES, NODES, ObjectKey, PODS, SERVICES } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';
import { NODE_LABEL } from '../cluster/node-store.ts';
import { MachineNode } from './machine-node.ts';
import { nameServers } from './name-servers.ts';
import type { NameServer } from './name-servers.ts';
import { PodNode } from './pod-node.ts';
import { PointerNode, readPrefix, reverseKey } from './pointer-node.ts';
import { Prefixes } from '../cluster/prefix-index.ts';
import { ABOVE_SERVER, APEX, NAMESPACE, NAME_SERVER, NODE_NAME, POD_NAME, Parsed, SERVICE_NAME, SUBDOMAIN, VERSION } from './question.ts';
import { ServiceNode } from './service-node.ts';
import { nameText } from './told.ts';

/** The version of the schema, and how long it may be kept (section 2.2 of the schema). */
const SCHEMA = '1.1.0', SCHEMA_TTL = 28800;
/** The name server of a zone that no service of the cluster is. */
const OWN_SERVER = '\x02ns\x03dns';

/** Another cluster of the same block. */
export interface OtherCluster {
  holds(zone: Name): boolean;
  synced(): boolean;
  /** The serial of exactly this zone; undefined where it is none of its zones. */
  serialOf(zone: Name): number | undefined;
}
/** Those that are asked before this one, and those that are asked after it. */
export interface Others {
  readonly before: readonly OtherCluster[];
  readonly behind: readonly OtherCluster[];
}

/** A name that is asked for, and the type. */
type Question = Asked & { readonly type: number };

/** One stanza's cluster, in one thread. */
export class ClusterBackend implements Backend {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  readonly ttl: number;
  readonly unknown = 'denial';
  readonly soa: Soa = { form: CLUSTER_SOA, serial: (zone) => this.serial(zone) };
  readonly #settings: Settings;
  readonly #maps: Maps;
  readonly #own: readonly Uint8Array[];
  /** Which namespaces may be spoken of. */
  readonly exposed: Exposed;
  readonly #multicluster: readonly boolean[];
  readonly #parsed = new Parsed();
  readonly #key = new ObjectKey();
  readonly #service: ServiceNode;
  readonly #pointers: PointerNode;
  readonly #pod: PodNode;
  readonly #machine: MachineNode;
  readonly #prefixes: Prefixes;
  readonly #prefix = { address: new Uint8Array(16), size: 4 };
  readonly #others: Others;
  /** Which cluster it is, for people. */
  about = (): string => '';

  /** `own`: the addresses of this machine that may be name servers. `others`: the other clusters of the block. */
  constructor(settings: Settings, maps: Maps, own: readonly Uint8Array[], others: Others = { before: [], behind: [] }) {
    this.#others = others;
    this.#settings = settings;
    this.#maps = maps;
    this.#own = own;
    this.zones = new ServedZones(settings.zones.names);
    this.fallthrough = settings.fallthrough;
    this.ttl = settings.ttl;
    this.exposed = new Exposed(maps, settings);
    this.#multicluster = settings.zones.names.map((zone) => settings.multicluster.match(zone) !== undefined);
    const { ttl, ignoreEmptyService: ignoreEmpty } = settings;
    this.#service = new ServiceNode({ ttl, serviceTtl: ttl, folded: false, ignoreEmpty });
    this.#pointers = this.pointers();
    this.#pod = new PodNode(settings.ttl);
    this.#machine = new MachineNode(maps, settings.ttl);
    this.#prefixes = new Prefixes(maps.prefixes);
  }

  /** The latest of all clusters of the block that have this zone: a transfer has the names of all of them. */
  serial(zone: ServedZone): number {
    const { before, behind } = this.#others;
    let serial = this.ownSerial(zone);
    for (const other of before) serial = later(serial, other.serialOf(zone.name) ?? serial);
    for (const other of behind) serial = later(serial, other.serialOf(zone.name) ?? serial);
    return serial;
  }
  /** That of this cluster. */
  ownSerial({ index, reverse }: ServedZone): number {
    const { flags } = this.#maps;
    // Addresses lead to imports too.
    if (reverse && this.#multicluster.includes(true)) return later(flags.get(MODIFIED), flags.get(IMPORTS_MODIFIED));
    return flags.get(this.#multicluster[index] === true ? IMPORTS_MODIFIED : MODIFIED);
  }
  /** Names need those resources that they are made of; those that are nothing in the schema need the ones that all have. */
  incomplete(place: Place, query: Query): string | undefined {
    const { zone, labels, at } = place;
    const multicluster = this.#multicluster[zone.index]!;
    const ofPods = labels > 0 && !multicluster && query.bytes[at[labels - 1]!] === 3 && query.bytes[at[labels - 1]! + 1] === 0x70;
    return incompleteOf(this.#maps, this.#needed(multicluster, ofPods));
  }
  /** The same of a whole zone. */
  incompleteZone({ index }: ServedZone): string | undefined {
    return incompleteOf(this.#maps, this.#needed(this.#multicluster[index]!, true));
  }
  /** Bits of UNREAD: what is not watched was never unread. */
  #needed(multicluster: boolean, ofPods: boolean): number {
    if (multicluster) return NAMESPACES | IMPORTS | ENDPOINT_SLICES;
    return NAMESPACES | SERVICES | ENDPOINT_SLICES | NODES | (ofPods ? PODS : 0);
  }
  instead({ zone }: Place): 'next' | 'denial' | undefined {
    const { before, behind } = this.#others;
    if (behind.some((other) => other.holds(zone.name))) return 'next';
    return before.some((other) => other.synced() && other.holds(zone.name)) ? 'denial' : undefined;
  }
  stale(): string | undefined {
    return staleOf(this.#maps);
  }
  told(place: Place, query: Question): string {
    const { zone } = place;
    const multicluster = this.#multicluster[zone.index]!;
    const parsed = this.#parsed;
    parsed.read(query, place, multicluster, this.#settings.zonal);
    const isExposed = parsed.namespace !== 0 && this.exposed.at(query.bytes, parsed.namespace);
    const { pods } = this.#settings;
    const [map, kind] = multicluster ? [this.#maps.imports, 'ServiceImport'] as const : [this.#maps.services, 'Service'] as const;
    return `${nameText({ parsed, place, query, map, kind, isExposed, pods })}; ${this.about()}`;
  }
  isMulticluster({ index }: ServedZone): boolean {
    return this.#multicluster[index] === true;
  }

  at(place: Place, query: Question): Node | undefined {
    const { zone } = place;
    const { type } = query;
    const multicluster = this.#multicluster[zone.index]!;
    // K8S-12: below the apex SOA asks nothing, not even whether the name exists.
    if (type === TYPE.SOA) return EMPTY;
    if (zone.reverse || type === TYPE.PTR) {
      const key = reverseKey(query, place, this.#key);
      if (key !== undefined) return this.#pointers.find(key) ? this.#pointers : undefined;
    }
    const parsed = this.#parsed;
    parsed.read(query, place, multicluster, this.#settings.zonal);
    switch (parsed.kind) {
      case APEX: return type === TYPE.NS ? this.serversNode(zone) : EMPTY;
      case ABOVE_SERVER: return EMPTY;
      case NAME_SERVER: return this.serversNode(zone);
      default:
    }
    if (zone.reverse) return this.#isAbovePointers(place, query) ? EMPTY : undefined;
    if (parsed.kind === SUBDOMAIN) return EMPTY;
    if (parsed.kind === VERSION) return VERSION_NODE;
    if (parsed.kind === NODE_NAME) return multicluster ? undefined : this.#machineAt(place, query);
    if (parsed.namespace === 0 || !this.exposed.at(query.bytes, parsed.namespace)) return undefined;
    if (parsed.ofPods && this.#settings.pods === 'disabled') return undefined;
    if (parsed.kind === NAMESPACE) return EMPTY;
    if (parsed.kind === POD_NAME) return this.#podAt(query);
    return parsed.kind === SERVICE_NAME ? this.#serviceAt(query, multicluster) : undefined;
  }
  /** Whether there are addresses whose names are below this one, which is a part of theirs. */
  #isAbovePointers(place: Place, query: Asked): boolean {
    const prefix = this.#prefix;
    const count = readPrefix(query, place, prefix);
    return count >= 0 && this.#prefixes.has(prefix.address, prefix.size, count);
  }
  #serviceAt(query: Asked, multicluster: boolean): Node | undefined {
    const parsed = this.#parsed;
    const map = multicluster ? this.#maps.imports : this.#maps.services;
    const from = parsed.service;
    const entry = this.#key.copy(query.bytes, from, parsed.namespace + 1 + query.bytes[parsed.namespace]! - from).in(map);
    if (entry === 0 || !this.#service.find(query, parsed, map.bytes, map.bytesAt(entry))) return undefined;
    return this.#service;
  }
  #machineAt({ at, labels }: Place, { bytes }: Asked): Node | undefined {
    if (this.#settings.nodes === undefined) return undefined;
    return labels === 1 ? EMPTY : this.#machine.find(bytes, at[0]!, at[labels - 1]! - at[0]!);
  }
  #podAt(query: Asked): Node | undefined {
    const label = latin1(query.bytes, this.#parsed.service + 1, query.bytes[this.#parsed.service]!);
    const v4 = label.split('-').length === 4 && !label.includes('--');
    const parsed = parseAddress(label.replaceAll('-', v4 ? '.' : ':'));
    if (parsed === undefined) return undefined;
    const address = unmap(parsed);
    const pods = this.#settings.pods === 'verified' ? this.#countPods(query, parsed) : 1;
    return pods === 0 ? undefined : this.#pod.of(address, this.#parsed.service, pods);
  }
  /** How many pods of the namespace have the address. */
  #countPods(query: Asked, address: Uint8Array): number {
    const map = this.#maps.podAddresses;
    const entry = this.#key.copy(address, 0, address.length).in(map);
    if (entry === 0) return 0;
    const { bytes } = map;
    const at = this.#parsed.namespace;
    const wanted = latin1(query.bytes, at, query.bytes[at]! + 1);
    let pods = 0;
    for (const item of ownersAt(map, entry)) {
      const namespace = item + 2 + bytes[item + 1]!;
      if ((bytes[item] === POD || bytes[item] === HOST_POD) && latin1(bytes, namespace, bytes[namespace]! + 1) === wanted) pods++;
    }
    return pods;
  }
  /** Another one who knows the names of addresses. */
  pointers(): PointerNode {
    const set = this.#settings.zones.names.find((_, i) => this.#multicluster[i])?.raw;
    const { nodes, primary: { raw } } = this.#settings;
    return new PointerNode(this.#maps, this.ttl, {
      services: `\x03svc${raw}`, imports: set === undefined ? undefined : `\x03svc${set}`,
      nodes: nodes === undefined ? undefined : NODE_LABEL + raw,
    }, this.exposed);
  }

  /** The name servers of a zone in this spelling. */
  nameServers(zone: Name): readonly NameServer[] {
    return nameServers(this.#maps, this.#own, zone);
  }
  /** What is at the apex of a zone, and at `ns.dns` below it. */
  serversNode(zone: ServedZone): Node {
    return {
      write: (type, reply, asked, place) => {
        const spelled = spelledZone(asked, zone);
        if (place.labels > 0) this.#writeOwn(this.nameServers(spelled), type, reply);
        else if (type === TYPE.NS) this.#writeServers(spelled, reply);
      },
    };
  }
  #writeServers(zone: Name, reply: Message): void {
    const servers = this.nameServers(zone);
    // Who is at no address that others reach is the zone's name server all the same (RFC 1034 section 4.2.1).
    const names = servers.length === 0 ? [Name.wire(OWN_SERVER + zone.raw)] : servers.map(({ name }) => name);
    for (const name of new Map(names.map((each) => [each.key, each])).values()) answerName(reply, TYPE.NS, this.ttl, name.raw);
    for (const { name, address } of servers) {
      if (!hasRoomBeside(reply, name.raw.length + 10 + address.length)) return;
      reply.append({ name, type: address.length === 4 ? TYPE.A : TYPE.AAAA, class: CLASS.IN, ttl: this.ttl, rdata: address }, ADDITIONAL);
    }
  }
  #writeOwn(servers: readonly NameServer[], type: number, reply: Message): void {
    const size = type === TYPE.A ? 4 : type === TYPE.AAAA ? 16 : 0;
    const different = new Map(servers.map(({ address }) => [address.join(), address]));
    for (const address of different.values()) if (address.length === size) answerAddress(reply, this.ttl, address, 0, size);
  }
}

/** The zone as the name that is asked for spells it. */
function spelledZone({ bytes, at, nameLength }: Asked, { bytes: { length } }: ServedZone): Name {
  return Name.wire(latin1(bytes, at + HEADER + nameLength - length, length));
}
const later = (a: number, b: number): number => (((b - a) | 0) > 0 ? b : a);

/** What is at `dns-version`. */
export const VERSION_NODE: Node = {
  write(type, reply) {
    if (type === TYPE.TXT) answerName(reply, TYPE.TXT, SCHEMA_TTL, String.fromCharCode(SCHEMA.length) + SCHEMA);
  },
};
