// What a cluster has at a name (K8S-5): services, endpoints, pods, namespaces, name servers, addresses. Knows the schema and the store;
// makes no DNS of it and asks no API.
import type { Backend, Node } from '../../authority/backend.ts';
import { ServedZones } from '../../authority/served-zones.ts';
import type { Place, ServedZone } from '../../authority/served-zones.ts';
import { ADDITIONAL, ANSWER, answerAddress } from '../../authority/write.ts';
import { parseAddress, unmap } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { POD, ownersAt } from './address-index.ts';
import type { Settings } from './config.ts';
import { incompleteOf, staleOf } from './condition.ts';
import { Exposed } from './exposed.ts';
import { latin1 } from './match.ts';
import { IMPORTS_MODIFIED, MODIFIED, ObjectKey } from './maps.ts';
import type { Maps } from './maps.ts';
import { nameServers } from './name-servers.ts';
import type { NameServer } from './name-servers.ts';
import { PodNode } from './pod-node.ts';
import { PointerNode, reverseKey } from './pointer-node.ts';
import { APEX, NAMESPACE, NAME_SERVER, POD_NAME, Parsed, SERVICE_NAME, SUBDOMAIN, VERSION } from './question.ts';
import { ServiceNode } from './service-node.ts';

const A = 1, NS = 2, SOA = 6, PTR = 12, TXT = 16, AAAA = 28, IN = 1;
/** The version of the schema, and how long it may be kept (section 2.2 of the schema). */
const SCHEMA = '1.1.0', SCHEMA_TTL = 28800;

/** Another cluster of the same block. */
export interface OtherCluster {
  holds(zone: Name): boolean;
  synced(): boolean;
}
/** Those that are asked before this one, and those that are asked after it. */
export interface Others {
  readonly before: readonly OtherCluster[];
  readonly behind: readonly OtherCluster[];
}

/** A name that exists and owns nothing. */
const EMPTY: Node = { write() {} };

/** One stanza's cluster, in one thread. */
export class ClusterBackend implements Backend {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  readonly ttl: number;
  readonly #settings: Settings;
  readonly #maps: Maps;
  readonly #own: readonly Uint8Array[];
  readonly #exposed: Exposed;
  readonly #multicluster: readonly boolean[];
  readonly #parsed = new Parsed();
  readonly #key = new ObjectKey();
  readonly #service: ServiceNode;
  readonly #pointers: PointerNode;
  readonly #pod: PodNode;
  readonly #versionNode: Node;
  readonly #others: Others;

  /** `own`: the addresses of this machine that may be name servers. `others`: the other clusters of the block. */
  constructor(settings: Settings, maps: Maps, own: readonly Uint8Array[], others: Others = { before: [], behind: [] }) {
    this.#others = others;
    this.#settings = settings;
    this.#maps = maps;
    this.#own = own;
    this.zones = new ServedZones(settings.zones.names);
    this.fallthrough = settings.fallthrough;
    this.ttl = settings.ttl;
    this.#exposed = new Exposed(maps, settings);
    this.#multicluster = settings.zones.names.map((zone) => settings.multicluster.match(zone) !== undefined);
    const { ttl, ignoreEmptyService: ignoreEmpty } = settings;
    this.#service = new ServiceNode({ ttl, serviceTtl: ttl, folded: false, ignoreEmpty });
    this.#pointers = new PointerNode(maps, settings.ttl, `\x03svc${settings.primary.raw}`, this.#exposed);
    this.#pod = new PodNode(settings.ttl);
    this.#versionNode = { write: (type, reply, query) => type === TXT && void reply.append(version(query.name), ANSWER) };
  }

  serial({ index }: ServedZone): number {
    return this.#maps.flags.get(this.#multicluster[index] === true ? IMPORTS_MODIFIED : MODIFIED);
  }
  incomplete(): string | undefined {
    return incompleteOf(this.#maps);
  }
  instead({ zone }: Place): 'next' | 'denial' | undefined {
    const { before, behind } = this.#others;
    if (behind.some((other) => other.holds(zone.name))) return 'next';
    return before.some((other) => other.synced() && other.holds(zone.name)) ? 'denial' : undefined;
  }
  stale(): string | undefined {
    return staleOf(this.#maps);
  }
  isMulticluster({ index }: ServedZone): boolean {
    return this.#multicluster[index] === true;
  }

  at(place: Place, query: Query): Node | undefined {
    const parsed = this.#parsed;
    const { zone } = place;
    const { type } = query;
    const multicluster = this.#multicluster[zone.index]!;
    // K8S-12: below the apex SOA asks nothing, not even whether the name exists.
    if (type === SOA) return EMPTY;
    if (type === PTR) {
      const key = reverseKey(query, place, this.#key);
      if (key !== undefined) return this.#pointers.find(key) ? this.#pointers : undefined;
    }
    parsed.read(query, place, multicluster, this.#settings.zonal);
    switch (parsed.kind) {
      // K8S-5b: TXT has an existence test of its own.
      case APEX: return type === TXT ? undefined : type === NS ? this.#nameServers(place, query) : EMPTY;
      case SUBDOMAIN: return type === TXT ? undefined : EMPTY;
      case VERSION: return type === TXT ? this.#versionNode : undefined;
      case NAME_SERVER: return type === TXT || type === PTR ? undefined : this.#nameServers(place, query);
      default:
    }
    if (parsed.namespace === 0 || zone.reverse || !this.#exposed.at(query.bytes, parsed.namespace)) return undefined;
    if (parsed.ofPods && this.#settings.pods === 'disabled') return undefined;
    if (parsed.kind === NAMESPACE) return type === TXT ? undefined : EMPTY;
    if (parsed.kind === POD_NAME) return this.#podAt(query);
    return parsed.kind === SERVICE_NAME ? this.#serviceAt(query, multicluster) : undefined;
  }
  #serviceAt(query: Query, multicluster: boolean): Node | undefined {
    const parsed = this.#parsed;
    const map = multicluster ? this.#maps.imports : this.#maps.services;
    const from = parsed.service;
    const entry = this.#key.copy(query.bytes, from, parsed.namespace + 1 + query.bytes[parsed.namespace]! - from).in(map);
    if (entry === 0 || !this.#service.find(query, parsed, map.bytes, map.valueAt(entry) * 4)) return undefined;
    if (query.type === TXT && this.#service.count === 0 && parsed.zone === '') return undefined;
    return this.#service;
  }
  #podAt(query: Query): Node | undefined {
    const label = latin1(query.bytes, this.#parsed.service + 1, query.bytes[this.#parsed.service]!);
    const v4 = label.split('-').length === 4 && !label.includes('--');
    const parsed = parseAddress(label.replaceAll('-', v4 ? '.' : ':'));
    if (parsed === undefined) return undefined;
    const address = unmap(parsed);
    const pods = this.#settings.pods === 'verified' ? this.#countPods(query, parsed) : 1;
    return pods === 0 ? undefined : this.#pod.of(address, this.#parsed.service, pods);
  }
  /** How many pods of the namespace have the address. */
  #countPods(query: Query, address: Uint8Array): number {
    const map = this.#maps.podAddresses;
    const entry = this.#key.copy(address, 0, address.length).in(map);
    if (entry === 0) return 0;
    const { bytes } = map;
    const at = this.#parsed.namespace;
    const wanted = latin1(query.bytes, at, query.bytes[at]! + 1);
    let pods = 0;
    for (const item of ownersAt(map, entry)) {
      const namespace = item + 2 + bytes[item + 1]!;
      if (bytes[item] === POD && latin1(bytes, namespace, bytes[namespace]! + 1) === wanted) pods++;
    }
    return pods;
  }
  /** Whether the namespace exists and may be spoken of. */
  exposes(namespace: string): boolean {
    return this.#exposed.has(namespace);
  }

  /** The name servers of a zone in this spelling. */
  nameServers(zone: Name): readonly NameServer[] {
    return nameServers(this.#maps, this.#own, zone);
  }
  #nameServers(place: Place, query: Query): Node {
    const apex = place.labels === 0;
    const { raw } = query.name;
    const servers = this.nameServers(apex ? query.name : Name.wire(raw.slice(raw.length - place.zone.bytes.length)));
    return {
      write: (type, reply) => {
        if (!apex) this.#writeOwn(servers, type, reply);
        else if (type === NS) this.#writeServers(servers, reply, query);
      },
    };
  }
  #writeServers(servers: readonly NameServer[], reply: Message, query: Query): void {
    for (const name of new Map(servers.map((server) => [server.name.key, server.name])).values()) {
      reply.append({ name: query.name, type: NS, class: IN, ttl: this.ttl, rdata: bytesOf(name.raw) }, ANSWER);
    }
    for (const { name, address } of servers) {
      reply.append({ name, type: address.length === 4 ? A : AAAA, class: IN, ttl: this.ttl, rdata: address }, ADDITIONAL);
    }
  }
  #writeOwn(servers: readonly NameServer[], type: number, reply: Message): void {
    const size = type === A ? 4 : type === AAAA ? 16 : 0;
    const different = new Map(servers.map(({ address }) => [address.join(), address]));
    for (const address of different.values()) if (address.length === size) answerAddress(reply, this.ttl, address, 0, size);
  }
}

const version = (name: Name): RR =>
  ({ name, type: TXT, class: IN, ttl: SCHEMA_TTL, rdata: Uint8Array.of(SCHEMA.length, ...bytesOf(SCHEMA)) });
const bytesOf = (raw: string): Uint8Array => Uint8Array.from(raw, (byte) => byte.charCodeAt(0));
