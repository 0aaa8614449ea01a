// What zones of a registry have, name by name, as records: what their answers are, without sums over many services and without what only
// keys are called. For whoever needs whole zones. Knows keys, instances and sets; keeps which names there are because of instances. Main's.
import { recordKey } from '../../../authority/update.ts';
import { parseAddress } from '../../../dns/address.ts';
import { Name } from '../../../dns/name.ts';
import { u16 } from '../../../dns/packet.ts';
import { isReverse, reverseName } from '../../../dns/reverse.ts';
import type { RR } from '../../../dns/rr.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { Zones } from '../../../kernel/site/zones.ts';
import { Asked } from '../../../skydns/answers.ts';
import type { Sources } from '../../../skydns/answers.ts';
import { MOST, foundOf } from '../../../skydns/found.ts';
import type { Found } from '../../../skydns/found.ts';
import { isAny, keyOf, labelsOf } from '../../../skydns/message.ts';
import type { KeyTree } from '../../../skydns/tree.ts';
import { failingAnswered } from '../all-failing.ts';
import { readKept } from '../instances.ts';
import type { InstanceSpec } from '../instances.ts';
import { ownAnswer } from '../own-answers.ts';
import type { Pointer } from '../own-answers.ts';
import { readKeptSet, recordsOf } from '../record-sets.ts';

/** Where they are found. */
export interface ZoneNamesParts {
  readonly path: string;
  readonly zones: Zones;
  readonly tree: KeyTree;
  /** The names of whoever has an address. */
  readonly pointers: (address: string) => readonly Pointer[];
}
interface Known {
  /** The key of its service, and the names that are there because of it, beside those of keys. */
  readonly service: string;
  readonly names: readonly Name[];
}

const { A, AAAA, TXT, SRV, MX, PTR, CNAME, NS } = TYPE;
/** Types that messages of SkyDNS, and instances, give a name; and the zone's own. */
const USUAL = [A, AAAA, TXT, SRV, MX, PTR, CNAME], APEX = [A, AAAA, NS];
const NONE: readonly RR[] = [];

/** The zones of one registry. */
export class ZoneNames {
  readonly #parts: ZoneNamesParts;
  readonly #instances = new Map<string, Known>();
  /** How many instances a service has, by its key. */
  readonly #services = new Map<string, number>();

  constructor(parts: ZoneNamesParts) {
    this.#parts = parts;
    for (const { key } of parts.tree.keys()) this.#know(key);
  }
  /** The names that may be others since these keys are. */
  changed(keys: readonly string[]): readonly Name[] {
    const names = new Map<string, Name>();
    const add = (name: Name): void => void names.set(name.key, name);
    for (const key of keys) {
      this.#instances.get(key)?.names.forEach(add);
      this.#know(key);
      this.#instances.get(key)?.names.forEach(add);
      for (const name of this.#namesOf(key)) add(name);
    }
    return [...names.values()];
  }
  /** All names that may have something. */
  names(): readonly Name[] {
    const names = new Map<string, Name>();
    for (const { key } of this.#parts.tree.keys()) for (const name of this.#namesOf(key)) names.set(name.key, name);
    for (const { names: more } of this.#instances.values()) for (const name of more) names.set(name.key, name);
    for (const zone of this.#parts.zones.names) names.set(zone.key, zone.folded);
    return [...names.values()];
  }

  /** What a name has, but for the SOA of a zone; nothing outside of them. Sets have one TTL, and beside an alias there is nothing. */
  at(name: Name): readonly RR[] {
    const { path, zones, tree, pointers } = this.#parts;
    const zone = zones.match(name);
    const labels = name.folded.split();
    if (zone === undefined || labels.some(isAny) || labels[0]?.startsWith('-') === true) return NONE;
    const key = keyOf(path, labels);
    const isApex = name.equals(zone);
    const direct = tree.named(key, Infinity) ?? [];
    const isPointer = isReverse(name) !== 0;
    if (!isApex && !isPointer && !this.#has(key, labels, direct.some((each) => !this.#isPart(each.key)))) return NONE;
    // What SkyDNS makes of registered records, such as SRV of addresses, is in no zone; the zone's own are made of them.
    const sources: Sources = { find: (wanted, reach) => this.#find(wanted, reach === 'below', isApex), elsewhere: () => NONE };
    const asked = new Asked({ path, apexFallback: false, isNamed: false }, zone, sources);
    const own = name.folded;
    const found = new Map<string, RR>();
    for (const { service } of direct) for (const each of registered(own, service?.coredns)) found.set(recordKey(each), each);
    for (const type of isApex ? APEX : isPointer ? [PTR] : USUAL) {
      try {
        const told = ownAnswer({ path, pointers }, sources, own, type, asked.tell(own, type));
        for (const each of told?.answer ?? []) {
          const isOwn = (each.type === type || each.type === CNAME) && each.name.equals(own);
          if (isOwn && !isNoService(each)) found.set(recordKey(each), { ...each, name: own });
        }
      } catch {
        // A message that cannot be used is answered with a failure: in a zone there is nothing.
      }
    }
    return asSets([...found.values()]);
  }
  /** Whether something is there by the name's own right, and not as the sum of what is below. */
  #has(key: string, labels: readonly string[], hasMessages: boolean): boolean {
    if (hasMessages || this.#services.has(key) || this.#instances.has(`${key}/1`)) return !this.#isPart(key);
    return labels.slice(1, 3).some((label) => label === '_tcp' || label === '_udp');
  }
  /** Whether a key is one of the messages of an instance. */
  #isPart(key: string): boolean {
    return this.#instances.has(`${key.slice(0, key.lastIndexOf('/'))}/1`);
  }
  #find(key: string, deep: boolean, withSets: boolean): Found {
    const read = (from: string): Found => {
      const kept = this.#parts.tree.range(from, deep || from !== key, MOST).filter((each) => withSets || !isSet(each.key));
      return foundOf(kept.length === 0 ? undefined : kept, 'below', undefined, () => 0, () => {});
    };
    return failingAnswered(read(key), key, read);
  }

  #know(key: string): void {
    if (!key.endsWith('/1')) return;
    const before = this.#instances.get(key);
    if (before !== undefined) {
      const left = this.#services.get(before.service)! - 1;
      if (left > 0) this.#services.set(before.service, left);
      else this.#services.delete(before.service);
      this.#instances.delete(key);
    }
    const [kept] = this.#parts.tree.range(key, false, 1);
    const own = readKept(kept?.service?.coredns);
    if (own === undefined) return;
    const instance = key.slice(0, -2);
    const service = instance.slice(0, instance.lastIndexOf('/'));
    this.#instances.set(key, { service, names: this.#besides(service, own.instance, instance.slice(service.length + 1)) });
    this.#services.set(service, (this.#services.get(service) ?? 0) + 1);
  }
  /** Names that an instance gives beside its own and its service's. */
  #besides(service: string, { ports = {}, addresses }: InstanceSpec, id: string): readonly Name[] {
    const labels = labelsOf(this.#parts.path, service);
    const kinds = Object.keys(ports).map((port) => {
      const [name = '', protocol = 'tcp'] = port.split('/');
      return [`_${name}`, `_${protocol}`, ...labels];
    });
    const browsed = kinds.length > 0 ? [['_services', '_dns-sd', '_udp', ...labels]] : [];
    const named = [...kinds, ...kinds.map((each) => [id, ...each]), ...browsed];
    const names = named.flatMap((each) => nameOf(each) ?? []);
    const reverse = addresses.flatMap((text) => {
      const address = parseAddress(text);
      return address === undefined ? [] : [reverseName(address)];
    });
    return [...names, ...reverse].filter((each) => this.#parts.zones.match(each) !== undefined);
  }
  /** The name of a key and those above it, where they are in a zone. */
  #namesOf(key: string): readonly Name[] {
    const labels = labelsOf(this.#parts.path, key);
    const names: Name[] = [];
    for (let i = 0; i < labels.length; i++) {
      const name = nameOf(labels.slice(i));
      if (name === undefined) continue;
      if (this.#parts.zones.match(name) === undefined) break;
      names.push(name);
    }
    return names;
  }
}
/** SkyDNS has an SRV for whatever has a host, with port 0 where there is none. */
const isNoService = ({ type, rdata }: RR): boolean => type === SRV && u16(rdata, 4) === 0;
/** Whether a key is one of a set of records, by its last label. */
const isSet = (key: string): boolean => key[key.lastIndexOf('/') + 1] === '-';
/** The records that a message has under `coredns`. */
function registered(name: Name, coredns: unknown): readonly RR[] {
  const kept = readKeptSet(coredns);
  try {
    return kept === undefined ? NONE : recordsOf(name, kept.set, (_, error) => {
      throw error;
    });
  } catch {
    return NONE;
  }
}
/** undefined where no question could have that name. */
function nameOf(labels: readonly string[]): Name | undefined {
  try {
    return Name.of(labels).folded;
  } catch {
    return undefined;
  }
}
/** An alias stands alone, one of them (RFC 1034 section 3.6.2); records of a set have one TTL (RFC 2181 section 5.2). */
function asSets(records: readonly RR[]): readonly RR[] {
  const aliases = records.filter(({ type }) => type === CNAME);
  const others = records.filter(({ type }) => type !== CNAME);
  const hasAddresses = others.some(({ type }) => type === A || type === AAAA);
  const kept = aliases.length > 0 && !hasAddresses ? aliases.slice(0, 1) : others;
  const least = new Map<number, number>();
  for (const { type, ttl } of kept) least.set(type, Math.min(ttl, least.get(type) ?? ttl));
  return kept.map((each) => (each.ttl === least.get(each.type) ? each : { ...each, ttl: least.get(each.type)! }));
}
