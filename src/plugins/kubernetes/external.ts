// A cluster as it is seen from outside (KEXT-3, KEXT-4): its services' external addresses, and endpoints of headless ones. Knows the store;
// makes no zone of it and asks no API.
import type { Node } from '../../authority/backend.ts';
import type { ExternalNames, ExternalRules } from '../../authority/external-names.ts';
import type { Place } from '../../authority/served-zones.ts';
import type { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import type { Query } from '../../kernel/query/query.ts';
import { incompleteOf, staleOf } from './condition.ts';
import type { Settings } from './config.ts';
import { Exposed } from './exposed.ts';
import { hostNode } from './external-hosts.ts';
import { externalRecords } from './external-transfer.ts';
import { HOSTS } from './layout.ts';
import { EXTERNAL_MODIFIED, ObjectKey } from './maps.ts';
import type { Maps } from './maps.ts';
import { externalServers } from './name-servers.ts';
import { PointerNode, reverseKey } from './pointer-node.ts';
import { NAMESPACE, Parsed, SERVICE_NAME } from './question.ts';
import { ServiceNode } from './service-node.ts';

const A = 1, PTR = 12, AAAA = 28, SRV = 33;

/** A name that exists and owns nothing. */
const EMPTY: Node = { write() {} };

/** One stanza's cluster from outside, in one thread. */
export class ExternalCluster implements ExternalNames {
  readonly machine: readonly Uint8Array[];
  readonly #serviceTtl: number;
  readonly #maps: Maps;
  readonly #rules: ExternalRules;
  readonly #exposed: Exposed;
  readonly #parsed = new Parsed();
  readonly #key = new ObjectKey();
  readonly #service: ServiceNode;
  readonly #pointers: PointerNode;

  /** `machine`: the addresses of this machine that may be name servers. */
  constructor(settings: Pick<Settings, 'namespaces' | 'ttl'>, maps: Maps, machine: readonly Uint8Array[], rules: ExternalRules) {
    this.machine = machine;
    this.#serviceTtl = settings.ttl;
    this.#maps = maps;
    this.#rules = rules;
    this.#exposed = new Exposed(maps, settings);
    this.#service = new ServiceNode({ ttl: rules.ttl, serviceTtl: settings.ttl, folded: true, ignoreEmpty: false });
    this.#pointers = new PointerNode(maps, rules.ttl, rules.primary.raw, this.#exposed);
  }

  serial(): number {
    return this.#maps.flags.get(EXTERNAL_MODIFIED) >>> 0;
  }
  incomplete(): string | undefined {
    return incompleteOf(this.#maps);
  }
  stale(): string | undefined {
    return staleOf(this.#maps);
  }
  nameServers(): readonly Uint8Array[] | undefined {
    return externalServers(this.#maps, this.machine, this.#rules.headless);
  }
  records(zone: Name): Iterable<RR> {
    return externalRecords(this.#maps, this.#exposed, zone, { ...this.#rules, serviceTtl: this.#serviceTtl });
  }

  at(place: Place, query: Query): Node | Promise<Node> | undefined {
    const { type } = query;
    if (type === PTR) {
      const key = reverseKey(query, place, this.#key);
      if (key !== undefined) return this.#pointers.findExternal(key) ? this.#pointers : undefined;
    }
    const parsed = this.#parsed;
    parsed.readExternal(query, place);
    if (parsed.namespace === 0 || !this.#exposed.at(query.bytes, parsed.namespace)) return undefined;
    if (parsed.kind === NAMESPACE) return EMPTY;
    return parsed.kind === SERVICE_NAME ? this.#serviceAt(place, query) : undefined;
  }
  #serviceAt(place: Place, query: Query): Node | Promise<Node> | undefined {
    const { bytes, type } = query;
    const { service, namespace } = this.#parsed;
    const map = this.#maps.services;
    const entry = this.#key.copy(bytes, service, namespace + 1 + bytes[namespace]! - service).in(map);
    if (entry === 0) return undefined;
    const at = map.valueAt(entry) * 4;
    if (!this.#service.findExternal(query, this.#parsed, map.bytes, at, this.#rules.headless)) return undefined;
    if ((map.bytes[at]! & HOSTS) === 0 || (type !== A && type !== AAAA && type !== SRV)) return this.#service;
    const { ttl } = this.#rules;
    return hostNode(query, place, this.#parsed, { bytes: map.bytes, at, ttl, serviceTtl: this.#serviceTtl, count: this.#service.count });
  }
}
