// What a registry answers beside SkyDNS: SRV of named ports (RFC 2782), services that are browsed (DNS-SD, RFC 6763), and names of
// addresses. Knows instances and names; where they come from it is handed.
import { parseAddress, printAddress } from '../../dns/address.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { addressOfReverse } from '../../dns/reverse.ts';
import { rr } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { A, AAAA, CNAME, PTR, SRV, TXT } from '../../dns/types.ts';
import type { Sources, Told } from '../../skydns/answers.ts';
import { isAny, keyOf, labelsOf } from '../../skydns/message.ts';
import type { Service } from '../../skydns/message.ts';
import { readKept } from './instances.ts';
import type { InstanceSpec } from './instances.ts';
import { readKeptSet, recordsOf, setKeyOf } from './record-sets.ts';

/** Where instances are found. */
export interface OwnSources {
  readonly path: string;
  /** The names of whoever has an address. Throws Pending where they are not at hand. */
  readonly pointers: (address: string) => readonly Pointer[];
}
/** A name that an address has, and for how many seconds. */
export interface Pointer {
  readonly name: string;
  readonly ttl: number;
}
/** An instance that is up. */
interface Up {
  readonly name: Name;
  readonly ttl: number;
  readonly instance: InstanceSpec;
}

const NOTHING: Told = { answer: [], additional: [] };
/** `_services._dns-sd._udp` (RFC 6763 section 9). */
const BROWSED = ['_services', '_dns-sd', '_udp'] as const;
const PROTOCOLS: ReadonlySet<string> = new Set(['_tcp', '_udp']);

/** What is at a name in place of what SkyDNS's messages say, which is `told`; undefined: there is no such name. */
export function ownAnswer(
  own: OwnSources, sources: Sources, name: Name, type: number, told: Told | undefined,
): Told | undefined {
  // SkyDNS has an alias and a pointer at the name's own key alone.
  const isExact = type === TYPE.CNAME || type === TYPE.PTR;
  if ((told !== undefined || isExact) && type !== TYPE.A && type !== TYPE.AAAA) {
    const records = registered(own, sources, name, type);
    if (records.length > 0) return { answer: records, additional: [] };
  }
  return told === undefined || told.answer.length === 0 ? computed(own, sources, name, type) ?? told : told;
}
/** The records of a set that was registered; those of a CNAME where the name is an alias. */
function registered({ path }: OwnSources, sources: Sources, name: Name, type: number): readonly RR[] {
  const key = keyOf(path, name.folded.split());
  const { services } = sources.find(key, 'below', false);
  const of = (wanted: string): readonly RR[] => {
    const own = setKeyOf(key, wanted);
    const parts = services.filter((each) => each.key === own || each.key.startsWith(`${own}~`));
    const sets = parts.flatMap(({ coredns, ttl }) => {
      const kept = readKeptSet(coredns);
      // Of a copy that is away less is left, and of what has a lease.
      return kept === undefined || kept.set.type !== wanted ? [] : [{ ...kept.set, ttl: Math.min(kept.set.ttl, ttl) }];
    });
    const ttl = Math.min(...sets.map((set) => set.ttl));
    return sets.flatMap((set) => recordsIn(name, { ...set, ttl }));
  };
  const found = of(typeName(type));
  if (found.length > 0 || type === TYPE.CNAME) return found;
  const [alias] = of('CNAME');
  if (alias === undefined) return [];
  const { target } = CNAME.values(alias.rdata);
  return [alias, ...sources.elsewhere(target, type)];
}
/** Nothing where somebody else wrote what cannot be read. */
function recordsIn(name: Name, set: Parameters<typeof recordsOf>[1]): readonly RR[] {
  try {
    return recordsOf(name, set, (_, error) => {
      throw error;
    });
  } catch {
    return [];
  }
}
function computed(own: OwnSources, sources: Sources, name: Name, type: number): Told | undefined {
  const address = type === TYPE.PTR ? addressOfReverse(name) : undefined;
  if (address !== undefined) return pointersOf(name, own.pointers(printAddress(address)));
  const labels = name.folded.split();
  const at = labels.findIndex((label) => PROTOCOLS.has(label));
  if (at < 1 || at > 2 || labels.some(isAny)) return undefined;
  const service = labels.slice(at + 1);
  const all = instancesBelow(own, sources, service);
  if (at === 2 && BROWSED.every((label, i) => labels[i] === label)) return browsed(name, type, all);
  const port = labels[at - 1]!, protocol = labels[at]!;
  if (!port.startsWith('_')) return undefined;
  const offered = all.flatMap((up) => {
    const number = portOf(up.instance, port.slice(1), protocol.slice(1));
    return number === undefined || (at === 2 && up.name.split()[0] !== labels[0]) ? [] : [{ ...up, port: number }];
  });
  if (offered.length === 0) return undefined;
  if (type === TYPE.SRV) return targetsOf(name, offered);
  if (type === TYPE.PTR && at === 1) return only(offered.map((up) => rr(name, PTR, up.ttl, { target: name.under(up.name.split()[0]!) })));
  // An instance that is browsed has one text at least, an empty one where it says nothing (RFC 6763 section 6.1).
  if (type === TYPE.TXT && at === 2) return only(offered.map((up) => rr(name, TXT, up.ttl, { texts: textsOf(up.instance) })));
  return NOTHING;
}
const only = (answer: readonly RR[]): Told => ({ answer, additional: [] });
const textsOf = ({ text = [] }: InstanceSpec): string[] => (text.length === 0 ? [''] : text.map((each) => {
  const octets = Buffer.from(each);
  return latin1(octets, 0, octets.length);
}));

/** Names of kinds of services that some instance offers. */
function browsed(name: Name, type: number, all: readonly Up[]): Told | undefined {
  if (all.length === 0) return undefined;
  if (type !== TYPE.PTR) return NOTHING;
  const kinds = new Map<string, number>();
  for (const { instance, ttl } of all) {
    for (const port of Object.keys(instance.ports ?? {})) {
      const [kind = '', protocol = 'tcp'] = port.split('/');
      kinds.set(`${kind}/${protocol}`, Math.min(ttl, kinds.get(`${kind}/${protocol}`) ?? ttl));
    }
  }
  const domain = name.split().slice(BROWSED.length);
  return only([...kinds].map(([kind, ttl]) =>
    rr(name, PTR, ttl, { target: Name.of([...kind.split('/').map((label) => `_${label}`), ...domain]) })));
}
function targetsOf(name: Name, offered: readonly (Up & { readonly port: number })[]): Told {
  const answer: RR[] = [], additional: RR[] = [];
  for (const { name: target, ttl, port, instance } of offered) {
    const { priority = 0, weight = 0, addresses } = instance;
    // What is not said is what SkyDNS's messages mean by it.
    answer.push(rr(name, SRV, ttl, { priority: priority || 10, weight: weight || 100, port, target }));
    for (const text of addresses) {
      const address = parseAddress(text);
      if (address !== undefined) additional.push(rr(target, address.length === 4 ? A : AAAA, ttl, { address }));
    }
  }
  return { answer, additional };
}
function pointersOf(name: Name, pointers: readonly Pointer[]): Told | undefined {
  if (pointers.length === 0) return undefined;
  return only(pointers.flatMap(({ name: text, ttl }) => {
    const target = Name.maybe(text);
    return target === undefined ? [] : [rr(name, PTR, ttl, { target })];
  }));
}
/** The port of this name; a name without a protocol is of TCP. */
function portOf({ ports = {} }: InstanceSpec, name: string, protocol: string): number | undefined {
  const key = [`${name}/${protocol}`, ...protocol === 'tcp' ? [name] : []].find((each) => Object.hasOwn(ports, each));
  return key === undefined ? undefined : ports[key];
}
function instancesBelow({ path }: OwnSources, sources: Sources, service: readonly string[]): readonly Up[] {
  const { services } = sources.find(keyOf(path, service), 'below', false);
  return services.flatMap((each) => upOf(path, each, service.length) ?? []);
}
/** The instance of a message, where that is up and stands right below the service. */
function upOf(path: string, { key, ttl, coredns }: Service, depth: number): Up | undefined {
  const kept = readKept(coredns);
  const labels = labelsOf(path, key).slice(1);
  return kept?.state === 'up' && labels.length === depth + 1 ? { name: Name.of(labels), ttl, instance: kept.instance } : undefined;
}
