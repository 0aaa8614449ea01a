// What is answered of SkyDNS messages, type by type (ETCD-6, LIB-11). Knows messages and records; where messages come from it is handed.
import { asOwn } from '../authority/flat-alias.ts';
import { parseAddress, unmap } from '../dns/address.ts';
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { u32 } from '../dns/packet.ts';
import { rr } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { A, AAAA, CNAME, MX, NS, PTR, SRV, TXT } from '../dns/types.ts';
import { quoted } from '../wording/quote.ts';
import { grouped, isAny, keyOf, labelsOf, matches } from './message.ts';
import type { Service } from './message.ts';
import type { Found, Wanted } from './found.ts';
import { Pending, Several } from './later.ts';

/** Where messages and other names come from, for one question. Both throw Pending where that is not at hand. */
export interface Sources {
  find(key: string, reach: Wanted['reach'], isWild: boolean): Found;
  /** What this server answers to another question; nothing where it does not. */
  elsewhere(name: Name, type: number): readonly RR[];
}
/** What a stanza says of answers. */
export interface Rules {
  readonly path: string;
  readonly apexFallback: boolean;
  /** Names have their keys and what is directly below, and a stored `*` is a wildcard (RFC 4592). */
  readonly isNamed: boolean;
}
/** Records for the answer, and those beside it. */
export interface Told {
  readonly answer: readonly RR[];
  readonly additional: readonly RR[];
}
/** A key that is no message. */
export class BadMessage extends Error {}

/** Aliases that are followed one after the other. */
const LONGEST_CHAIN = 8;
const NOTHING: Told = { answer: [], additional: [] };

/** One question. */
export class Asked {
  readonly #rules: Rules;
  readonly #zone: Name;
  readonly #sources: Sources;
  /** Why what is answered may be old. */
  stale: string | undefined;

  constructor(rules: Rules, zone: Name, sources: Sources) {
    this.#rules = rules;
    this.#zone = zone;
    this.#sources = sources;
  }

  /** Undefined: there is no such name. Throws BadMessage, Pending, and where nobody says. */
  tell(name: Name, type: number): Told | undefined {
    return this.#rules.isNamed && type !== TYPE.PTR ? this.#tellNamed(name, type, 0) : this.#tell(name, type);
  }
  #tell(name: Name, type: number): Told | undefined {
    switch (type) {
      case TYPE.A: case TYPE.AAAA: return this.#told(this.addresses(name, type, []));
      case TYPE.TXT: return this.#told(this.#each(name, type, false, (service) => texts(name, service)));
      case TYPE.CNAME: return this.#told(this.#each(name, type, true, (service) => aliases(name, service), 1));
      case TYPE.PTR: return this.#told(this.#each(name, type, true, (service) => pointers(name, service)));
      case TYPE.SRV: return this.#srv(name);
      case TYPE.MX: return this.#mx(name);
      case TYPE.NS: return name.equals(this.#zone) ? this.#ns() : this.#exists(name);
      default: return this.#exists(name);
    }
  }
  #told(records: readonly RR[] | undefined): Told | undefined {
    return records === undefined ? undefined : { answer: distinct(records), additional: [] };
  }
  /** Whether there is such a name at all: of other types it has nothing. */
  #exists(name: Name): Told | undefined {
    return this.addresses(name, TYPE.A, []) === undefined ? undefined : NOTHING;
  }

  /** Where a name is an alias and nothing else, that is its answer for every type (RFC 1034 section 3.6.2). */
  #tellNamed(name: Name, type: number, hops: number): Told | undefined {
    const alias = this.#aliasOf(name);
    if (alias === undefined) return type === TYPE.CNAME ? this.#exists(name) : this.#tell(name, type);
    const { target, ttl } = alias;
    const alone = rr(name, CNAME, ttl, { target });
    if (type === TYPE.CNAME) return { answer: [alone], additional: [] };
    if (!target.isUnder(this.#zone)) return { answer: [alone, ...this.#sources.elsewhere(target, type)], additional: [] };
    const { answer, additional } = (hops < LONGEST_CHAIN ? this.#tellNamed(target, type, hops + 1) : undefined) ?? NOTHING;
    return { answer: distinct([alone, ...answer]), additional };
  }
  /** The name that all messages of a name lead to, which say nothing else; undefined: it is no alias. */
  #aliasOf(name: Name): { readonly target: Name; readonly ttl: number } | undefined {
    const services = name.equals(this.#zone) ? undefined : this.#owned(name);
    const [first] = services ?? [];
    const target = first === undefined || addressOf(first.host) !== undefined ? undefined : Name.maybe(first.host);
    if (first === undefined || target === undefined || target.equals(name)) return undefined;
    const isOne = services!.every(({ host, text, mail, port }) => text === '' && !mail && port === 0 && Name.maybe(host)?.equals(target));
    return isOne ? { target, ttl: Math.min(...services!.map(({ ttl }) => ttl)) } : undefined;
  }
  /** What a name owns, or the wildcard of the closest name above it that is there; undefined: there is no such name. */
  #owned(name: Name): readonly Service[] | undefined {
    const labels = name.folded.split();
    const own = this.#found(labels);
    if (own.exists || name.equals(this.#zone)) return own.services;
    for (let from = 1; labels.length - from >= this.#zone.labels; from++) {
      const above = labels.slice(from);
      const isThere = above.length === this.#zone.labels || this.#found(above).exists;
      if (!isThere) continue;
      const star = this.#found(['*', ...above]);
      return star.exists ? star.services : undefined;
    }
    return undefined;
  }
  /** What stands below `dns` for the zone itself, which no wildcard is; undefined: nothing. */
  #ofZone(label: string): readonly Service[] | undefined {
    const { services } = this.#found([label, 'dns', ...this.#zone.folded.split()]);
    return services.length === 0 ? undefined : grouped(services.filter(({ host }) => host !== ''));
  }
  #found(labels: readonly string[]): Found {
    const found = this.#sources.find(keyOf(this.#rules.path, labels), 'name', false);
    this.stale ??= found.stale;
    if (found.wrong !== undefined) throw new BadMessage(found.wrong);
    return found;
  }
  /** The messages of a name that say something for this type; undefined: there is no such name. */
  #services(name: Name, type: number, exact: boolean): readonly Service[] | undefined {
    if (this.#rules.isNamed) {
      const owned = this.#owned(name);
      return owned === undefined ? undefined : grouped(owned.filter(({ text, host }) => (type === TYPE.TXT ? text : host) !== ''));
    }
    const labels = name.folded.split();
    const { path } = this.#rules;
    const known = labels.slice(labels.findLastIndex(isAny) + 1);
    const isWild = known.length < labels.length;
    const { services, wrong, stale } = this.#sources.find(keyOf(path, known), isWild || !exact ? 'below' : 'key', isWild);
    this.stale ??= stale;
    if (wrong !== undefined) throw new BadMessage(wrong);
    if (services.length === 0) return undefined;
    const segments = keyOf(path, labels).split('/');
    const named = isWild ? services.filter(({ key }) => matches(key, segments)) : services;
    return grouped(named.filter(({ text, host }) => (type === TYPE.TXT ? text : host) !== ''));
  }
  #each(name: Name, type: number, exact: boolean, make: (service: Service) => readonly RR[], most = Infinity):
  readonly RR[] | undefined {
    return this.#services(name, type, exact)?.slice(0, most).flatMap(make);
  }

  /** Addresses, and aliases that lead to some; `chain` are the aliases that led here. */
  addresses(name: Name, type: number, chain: readonly RR[]): readonly RR[] | undefined {
    const services = this.#forAddresses(name, type);
    const found: RR[] = [];
    let several: Several | undefined;
    for (const { host, ttl, text } of services ?? []) {
      const address = addressOf(host);
      if (address !== undefined) {
        if (type === (address.length === 4 ? TYPE.A : TYPE.AAAA)) found.push(addressRecord(name, address, ttl));
        continue;
      }
      const target = text === '' || this.#rules.isNamed ? Name.maybe(host) : undefined;
      if (target === undefined || target.equals(name)) continue;
      const alias = rr(name, CNAME, ttl, { target });
      if (chain.length >= LONGEST_CHAIN || chain.some((each) => same(each, alias))) continue;
      (several ??= new Several()).do(() => found.push(...this.#behind(name, type, target, alias, chain)));
    }
    several?.end();
    return services === undefined ? undefined : distinct(found);
  }
  /** An alias and what it leads to; beside other data there is no CNAME, and that is told as the name's own. */
  #behind(name: Name, type: number, target: Name, alias: RR, chain: readonly RR[]): readonly RR[] {
    const isHere = target.isUnder(this.#zone);
    const behind = (isHere ? this.addresses(target, type, [...chain, alias]) : this.#sources.elsewhere(target, type)) ?? [];
    if (!this.#rules.isNamed) return isHere && behind.length === 0 ? [] : [alias, ...behind];
    return asOwn(behind, name, type, alias.ttl);
  }
  /** The zone's own name has the addresses of `apex.dns` below it. */
  #forAddresses(name: Name, type: number): readonly Service[] | undefined {
    if (!name.equals(this.#zone)) return this.#services(name, type, false);
    if (this.#rules.isNamed) return this.#ofZone('apex') ?? this.#services(name, type, false);
    const apex = this.#services(name.under('dns').under('apex'), type, false);
    return apex === undefined && this.#rules.apexFallback ? this.#services(name, type, false) : apex;
  }

  #srv(name: Name): Told | undefined {
    const noPort = this.#rules.isNamed ? 0 : -1;
    const services = this.#services(name, TYPE.SRV, false)?.filter(({ port }) => port !== -1 && port !== noPort);
    if (services === undefined) return undefined;
    const sums = new Map<number, number>();
    for (const { priority, weight } of services) sums.set(priority, (sums.get(priority) ?? 0) + (weight || 100));
    return this.#targets(services, (service, target) => {
      const weight = Math.max(1, Math.floor(100 / sums.get(service.priority)! * (service.weight || 100)));
      const { priority, port, ttl } = service;
      return rr(name, SRV, ttl, { priority: priority & 0xffff, weight: weight & 0xffff, port: port & 0xffff, target });
    });
  }
  #mx(name: Name): Told | undefined {
    const services = this.#services(name, TYPE.MX, false)?.filter(({ mail }) => mail);
    return services === undefined ? undefined
      : this.#targets(services, ({ priority, ttl }, exchange) => rr(name, MX, ttl, { preference: priority & 0xffff, exchange }));
  }
  #ns(): Told | undefined {
    const services = this.#rules.isNamed ? this.#ofZone('ns') ?? []
      : this.#services(this.#zone.under('dns').under('ns'), TYPE.NS, false);
    const name = services?.find(({ host }) => addressOf(host) === undefined);
    if (name !== undefined) throw new BadMessage(`${name.key}: a name server is an address, not ${quoted(name.host)}`);
    return services === undefined ? undefined : this.#targets(services, ({ ttl }, host) => rr(this.#zone, NS, ttl, { host }));
  }
  /** Records that lead to other names, with the addresses of those: an address's own name is that of its key. */
  #targets(services: readonly Service[], make: (service: Service, target: Name) => RR): Told {
    const answer: RR[] = [], additional: RR[] = [];
    const asked = new Set<string>();
    const several = new Several();
    for (const service of services) {
      const address = addressOf(service.host);
      const target = address === undefined ? Name.maybe(service.host) : this.#ownName(service);
      if (target === undefined) continue;
      answer.push(make(service, target));
      if (address !== undefined) additional.push(addressRecord(target, address, service.ttl));
      else if (!asked.has(target.key)) {
        asked.add(target.key);
        several.do(() => additional.push(...this.#beside(target)));
      }
    }
    several.end();
    return { answer: distinct(answer), additional: distinct(additional) };
  }
  #beside(target: Name): readonly RR[] {
    if (target.isUnder(this.#zone)) {
      try {
        return this.addresses(target, TYPE.A, []) ?? [];
      } catch (error) {
        if (error instanceof Pending) throw error;
        return [];
      }
    }
    const found: RR[] = [], several = new Several();
    for (const type of [TYPE.A, TYPE.AAAA]) several.do(() => found.push(...this.#sources.elsewhere(target, type)));
    several.end();
    return found;
  }
  /** The name of a key without so many of its first labels. */
  #ownName({ key, targetstrip }: Service): Name | undefined {
    const labels = labelsOf(this.#rules.path, key);
    try {
      return Name.of(labels.slice(Math.max(0, Math.min(targetstrip, labels.length - 1))));
    } catch {
      return undefined;
    }
  }
}

/** 4 or 16 octets; undefined where the host is a name. */
function addressOf(host: string): Uint8Array | undefined {
  const address = parseAddress(host);
  return address === undefined ? undefined : unmap(address);
}
const addressRecord = (name: Name, address: Uint8Array, ttl: number): RR =>
  (address.length === 4 ? rr(name, A, ttl, { address }) : rr(name, AAAA, ttl, { address }));
/** Octets of a text, in pieces that a record takes. */
function texts(name: Name, { text, ttl }: Service): readonly RR[] {
  const octets = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(octets.length / 255) }, (_, i) => octets.subarray(i * 255, (i + 1) * 255));
  return [rr(name, TXT, ttl, { texts: pieces.map((each) => latin1(each, 0, each.length)) })];
}
function aliases(name: Name, { host, ttl }: Service): readonly RR[] {
  const target = addressOf(host) === undefined ? Name.maybe(host) : undefined;
  return target === undefined ? [] : [rr(name, CNAME, ttl, { target })];
}
function pointers(name: Name, { host, ttl }: Service): readonly RR[] {
  const target = addressOf(host) === undefined ? Name.maybe(host) : undefined;
  return target === undefined ? [] : [rr(name, PTR, ttl, { target })];
}
function same(one: RR, other: RR): boolean {
  const a = one.rdata, b = other.rdata;
  if (one.type !== other.type || a.length !== b.length) return false;
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return one.name === other.name || one.name.equals(other.name);
}
const keyOfRecord = ({ name, type, rdata }: RR): string => `${name.key} ${type} ${latin1(rdata, 0, rdata.length)}`;
/** The same of many IPv4 addresses of one name; undefined where they are something else. */
function distinctAddresses(records: readonly RR[]): readonly RR[] | undefined {
  const [{ name, type }] = records as readonly [RR];
  if (!records.every((each) => each.type === type && each.name === name && each.rdata.length === 4)) return undefined;
  const seen = new Set<number>();
  return records.filter(({ rdata }) => seen.size !== seen.add(u32(rdata, 0)).size);
}
/** So few are compared one by one. */
const FEW = 24;
/** Each record once, where it stands first. */
function distinct(records: readonly RR[]): readonly RR[] {
  if (records.length < 2) return records;
  const addresses = records.length > FEW ? distinctAddresses(records) : undefined;
  if (addresses !== undefined) return addresses;
  if (records.length > FEW) return [...new Map(records.toReversed().map((each) => [keyOfRecord(each), each])).values()].reverse();
  return records.filter((each, i) => {
    for (let n = 0; n < i; n++) if (same(records[n]!, each)) return false;
    return true;
  });
}
