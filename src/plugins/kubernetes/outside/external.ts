// A cluster as it is seen from outside (KEXT-3, KEXT-4): its services' external addresses, and endpoints of headless ones. Knows the store;
// makes no zone of it and asks no API.
import { EMPTY } from '../../../authority/backend.ts';
import type { Node } from '../../../authority/backend.ts';
import type { ExternalNames, ExternalRules } from '../../../authority/external-names.ts';
import type { Asked, Place, ServedZone } from '../../../authority/served-zones.ts';
import type { ZoneName } from '../../../authority/zone-name.ts';
import type { ZoneRecords } from '../../../authority/zone-records.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { Query } from '../../../kernel/query/query.ts';
import { incompleteOf, staleOf } from '../cluster/condition.ts';
import type { Settings } from '../config.ts';
import { Exposed } from '../answers/exposed.ts';
import { hostNode } from './hosts.ts';
import { writeExternal } from './transfer.ts';
import { writePointers } from '../answers/pointer-walk.ts';
import { ENDPOINT_SLICES, EXTERNAL_MODIFIED, NAMESPACES, ObjectKey, SERVICES } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';
import { externalServers } from '../answers/name-servers.ts';
import { PointerNode, readPrefix, reverseKey } from '../answers/pointer-node.ts';
import { Prefixes } from '../cluster/prefix-index.ts';
import { NAMESPACE, Parsed, SERVICE_NAME } from '../answers/question.ts';
import { ServiceNode } from '../answers/service-node.ts';
import { serviceText } from '../answers/told.ts';
import { SharedNames } from '../answers/zone-names.ts';

/** One stanza's cluster from outside, in one thread. */
export class ExternalCluster implements ExternalNames {
  readonly machine: readonly Uint8Array[];
  readonly #maps: Maps;
  readonly #rules: ExternalRules;
  readonly #exposed: Exposed;
  readonly #parsed = new Parsed();
  readonly #key = new ObjectKey();
  readonly #service: ServiceNode;
  readonly #pointers: PointerNode;
  readonly #prefixes: Prefixes;
  readonly #prefix = { address: new Uint8Array(16), size: 4 };
  readonly #names: SharedNames;
  readonly #addresses: SharedNames;

  /** Which cluster it is, for people. */
  readonly #about: () => string;

  /** `machine`: the addresses of this machine that may be name servers; `about`: which cluster it is, for people. */
  constructor(settings: Pick<Settings, 'namespaces' | 'ttl'>, maps: Maps, machine: readonly Uint8Array[], rules: ExternalRules,
    about = (): string => '') {
    this.#about = about;
    this.machine = machine;
    this.#maps = maps;
    this.#rules = rules;
    this.#exposed = new Exposed(maps, settings);
    this.#names = new SharedNames(maps, maps.services);
    this.#addresses = new SharedNames(maps, maps.addresses);
    this.#prefixes = new Prefixes(maps.externalPrefixes);
    this.#service = new ServiceNode({ ttl: rules.ttl, serviceTtl: settings.ttl, folded: true, ignoreEmpty: false });
    this.#pointers = new PointerNode(maps, rules.ttl, { services: rules.primary.raw }, this.#exposed);
  }

  serial(): number {
    return this.#maps.flags.get(EXTERNAL_MODIFIED) >>> 0;
  }
  incomplete(): string | undefined {
    return incompleteOf(this.#maps, NAMESPACES | SERVICES | ENDPOINT_SLICES);
  }
  stale(): string | undefined {
    return staleOf(this.#maps);
  }
  nameServers(): readonly Uint8Array[] | undefined {
    return externalServers(this.#maps, this.machine, this.#rules.headless);
  }
  write(zone: ServedZone, to: ZoneRecords, isTaken: (asked: ZoneName) => boolean): Generator<void> {
    if (zone.reverse) {
      const pointers = new PointerNode(this.#maps, this.#rules.ttl, { services: this.#rules.primary.raw }, this.#exposed);
      return writePointers(this.#addresses.take(), zone, to, isTaken, (key) => (pointers.findExternal(key) ? pointers : undefined));
    }
    const rules = { ...this.#service.rules, headless: this.#rules.headless };
    return writeExternal({ maps: this.#maps, names: this.#names, exposed: this.#exposed, rules }, zone, to, isTaken);
  }

  at(place: Place, query: Query): Node | Promise<Node> | undefined {
    const { type } = query;
    if (type === TYPE.PTR && !place.zone.reverse) {
      const key = reverseKey(query, place, this.#key);
      if (key !== undefined) return this.#pointers.findExternal(key) ? this.#pointers : undefined;
    }
    const node = this.#nodeAt(place, query);
    if (type !== TYPE.SRV || node !== this.#service || !this.#service.leadsOutside) return node;
    // What stands beside the answer is asked of this server.
    return hostNode(query, place, this.#service);
  }
  told(place: Place, query: Query): string {
    if (place.zone.reverse || query.type === TYPE.PTR) return `names of an address; ${this.#about()}`;
    const parsed = this.#parsed;
    parsed.readExternal(query, place);
    const isService = parsed.kind === SERVICE_NAME && this.#exposed.at(query.bytes, parsed.namespace);
    const isThere = this.#nodeAt(place, query) !== undefined;
    if (!isService) return `${isThere ? 'a name above others' : 'no namespace of the cluster that may be spoken of'}; ${this.#about()}`;
    const service = serviceText(query, parsed, this.#maps.services, 'Service');
    return `${service}${isThere || service.startsWith('there is no') ? '' : ', which has nothing outside'}; ${this.#about()}`;
  }
  has(place: Place, asked: Asked): boolean {
    return this.#nodeAt(place, asked) !== undefined;
  }
  /** In a zone of addresses there are no names but theirs, and those above them. */
  #reverseAt(place: Place, asked: Asked): Node | undefined {
    const key = reverseKey(asked, place, this.#key);
    if (key !== undefined) return this.#pointers.findExternal(key) ? this.#pointers : undefined;
    const count = readPrefix(asked, place, this.#prefix);
    return count >= 0 && this.#prefixes.has(this.#prefix.address, this.#prefix.size, count) ? EMPTY : undefined;
  }
  #nodeAt(place: Place, asked: Asked): Node | undefined {
    if (place.zone.reverse) return this.#reverseAt(place, asked);
    const parsed = this.#parsed;
    parsed.readExternal(asked, place);
    const { namespace, service } = parsed;
    if (namespace === 0 || !this.#exposed.at(asked.bytes, namespace)) return undefined;
    if (parsed.kind === NAMESPACE) return EMPTY;
    if (parsed.kind !== SERVICE_NAME) return undefined;
    const map = this.#maps.services;
    const entry = this.#key.copy(asked.bytes, service, namespace + 1 + asked.bytes[namespace]! - service).in(map);
    if (entry === 0) return undefined;
    return this.#service.findExternal(asked, parsed, map.bytes, map.bytesAt(entry), this.#rules.headless) ? this.#service : undefined;
  }
}
