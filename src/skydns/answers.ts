// What is answered of SkyDNS messages, type by type (ETCD-6, LIB-11). Knows messages and records; where messages come from it is handed.
import { parseAddress, unmap } from '../dns/address.ts';
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { record, rr } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { A, AAAA, CNAME, MX, NS, PTR, SRV, TXT } from '../dns/types.ts';
import { quoted } from '../wording/quote.ts';
import { grouped, isAny, keyOf, labelsOf, matches } from './message.ts';
import type { Service } from './message.ts';
import type { Found, Wanted } from './skydns-names.ts';

/** Where messages and other names come from, for one question. */
export interface Sources {
  find(key: string, reach: Wanted['reach'], isWild: boolean): Promise<Found>;
  /** What this server answers to another question; nothing where it does not. */
  elsewhere(name: Name, type: number): Promise<readonly RR[]>;
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

  /** Undefined: there is no such name. Rejects with BadMessage, or where nobody says. */
  tell(name: Name, type: number): Promise<Told | undefined> {
    return this.#rules.isNamed && type !== TYPE.PTR ? this.#tellNamed(name, type, 0) : this.#tell(name, type);
  }
  #tell(name: Name, type: number): Promise<Told | undefined> {
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
  async #told(answer: Promise<readonly RR[] | undefined>): Promise<Told | undefined> {
    const records = await answer;
    return records === undefined ? undefined : { answer: distinct(records), additional: [] };
  }
  /** Whether there is such a name at all: of other types it has nothing. */
  async #exists(name: Name): Promise<Told | undefined> {
    return await this.addresses(name, TYPE.A, []) === undefined ? undefined : NOTHING;
  }

  /** Where a name is an alias and nothing else, that is its answer for every type (RFC 1034 section 3.6.2). */
  async #tellNamed(name: Name, type: number, hops: number): Promise<Told | undefined> {
    const alias = await this.#aliasOf(name);
    if (alias === undefined) return type === TYPE.CNAME ? await this.#exists(name) : await this.#tell(name, type);
    const { target, ttl } = alias;
    const alone = rr(name, CNAME, ttl, { target });
    if (type === TYPE.CNAME) return { answer: [alone], additional: [] };
    if (!target.isUnder(this.#zone)) return { answer: [alone, ...await this.#sources.elsewhere(target, type)], additional: [] };
    const { answer, additional } = (hops < LONGEST_CHAIN ? await this.#tellNamed(target, type, hops + 1) : undefined) ?? NOTHING;
    return { answer: distinct([alone, ...answer]), additional };
  }
  /** The name that all messages of a name lead to, which say nothing else; undefined: it is no alias. */
  async #aliasOf(name: Name): Promise<{ readonly target: Name; readonly ttl: number } | undefined> {
    const services = name.equals(this.#zone) ? undefined : await this.#owned(name);
    const [first] = services ?? [];
    const target = first === undefined || addressOf(first.host) !== undefined ? undefined : Name.maybe(first.host);
    if (first === undefined || target === undefined || target.equals(name)) return undefined;
    const isOne = services!.every(({ host, text, mail, port }) => text === '' && !mail && port === 0 && Name.maybe(host)?.equals(target));
    return isOne ? { target, ttl: Math.min(...services!.map(({ ttl }) => ttl)) } : undefined;
  }
  /** What a name owns, or the wildcard of the closest name above it that is there; undefined: there is no such name. */
  async #owned(name: Name): Promise<readonly Service[] | undefined> {
    const labels = name.folded.split();
    const own = await this.#found(labels);
    if (own.exists || name.equals(this.#zone)) return own.services;
    for (let from = 1; labels.length - from >= this.#zone.labels; from++) {
      const above = labels.slice(from);
      const isThere = above.length === this.#zone.labels || (await this.#found(above)).exists;
      if (!isThere) continue;
      const star = await this.#found(['*', ...above]);
      return star.exists ? star.services : undefined;
    }
    return undefined;
  }
  /** What stands below `dns` for the zone itself, which no wildcard is; undefined: nothing. */
  async #ofZone(label: string): Promise<readonly Service[] | undefined> {
    const { services } = await this.#found([label, 'dns', ...this.#zone.folded.split()]);
    return services.length === 0 ? undefined : grouped(services.filter(({ host }) => host !== ''));
  }
  async #found(labels: readonly string[]): Promise<Found> {
    const found = await this.#sources.find(keyOf(this.#rules.path, labels), 'name', false);
    this.stale ??= found.stale;
    if (found.wrong !== undefined) throw new BadMessage(found.wrong);
    return found;
  }
  /** The messages of a name that say something for this type; undefined: there is no such name. */
  async #services(name: Name, type: number, exact: boolean): Promise<readonly Service[] | undefined> {
    if (this.#rules.isNamed) {
      const owned = await this.#owned(name);
      return owned === undefined ? undefined : grouped(owned.filter(({ text, host }) => (type === TYPE.TXT ? text : host) !== ''));
    }
    const labels = name.folded.split();
    const { path } = this.#rules;
    const known = labels.slice(labels.findLastIndex(isAny) + 1);
    const isWild = known.length < labels.length;
    const { services, wrong, stale } = await this.#sources.find(keyOf(path, known), isWild || !exact ? 'below' : 'key', isWild);
    this.stale ??= stale;
    if (wrong !== undefined) throw new BadMessage(wrong);
    if (services.length === 0) return undefined;
    const segments = keyOf(path, labels).split('/');
    const named = isWild ? services.filter(({ key }) => matches(key, segments)) : services;
    return grouped(named.filter(({ text, host }) => (type === TYPE.TXT ? text : host) !== ''));
  }
  async #each(name: Name, type: number, exact: boolean, make: (service: Service) => readonly RR[], most = Infinity):
  Promise<readonly RR[] | undefined> {
    return (await this.#services(name, type, exact))?.slice(0, most).flatMap(make);
  }

  /** Addresses, and aliases that lead to some; `chain` are the aliases that led here. */
  async addresses(name: Name, type: number, chain: readonly RR[]): Promise<readonly RR[] | undefined> {
    const services = await this.#forAddresses(name, type);
    const found: RR[] = [];
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
      if (this.#rules.isNamed) {
        // Beside other data there is no CNAME: what it leads to is told as the name's own.
        const behind = await (target.isUnder(this.#zone) ? this.addresses(target, type, [...chain, alias])
          : this.#sources.elsewhere(target, type));
        for (const each of behind ?? []) {
          if (each.type === type) found.push(record(name, type, each.class, Math.min(ttl, each.ttl), each.rdata));
        }
      } else if (!target.isUnder(this.#zone)) found.push(alias, ...await this.#sources.elsewhere(target, type));
      else {
        const behind = await this.addresses(target, type, [...chain, alias]);
        if (behind !== undefined && behind.length > 0) found.push(alias, ...behind);
      }
    }
    return services === undefined ? undefined : distinct(found);
  }
  /** The zone's own name has the addresses of `apex.dns` below it. */
  async #forAddresses(name: Name, type: number): Promise<readonly Service[] | undefined> {
    if (!name.equals(this.#zone)) return this.#services(name, type, false);
    if (this.#rules.isNamed) return await this.#ofZone('apex') ?? await this.#services(name, type, false);
    const apex = await this.#services(name.under('dns').under('apex'), type, false);
    return apex === undefined && this.#rules.apexFallback ? this.#services(name, type, false) : apex;
  }

  async #srv(name: Name): Promise<Told | undefined> {
    const noPort = this.#rules.isNamed ? 0 : -1;
    const services = (await this.#services(name, TYPE.SRV, false))?.filter(({ port }) => port !== -1 && port !== noPort);
    if (services === undefined) return undefined;
    const sums = new Map<number, number>();
    for (const { priority, weight } of services) sums.set(priority, (sums.get(priority) ?? 0) + (weight || 100));
    return this.#targets(services, (service, target) => {
      const weight = Math.max(1, Math.floor(100 / sums.get(service.priority)! * (service.weight || 100)));
      const { priority, port, ttl } = service;
      return rr(name, SRV, ttl, { priority: priority & 0xffff, weight: weight & 0xffff, port: port & 0xffff, target });
    });
  }
  async #mx(name: Name): Promise<Told | undefined> {
    const services = (await this.#services(name, TYPE.MX, false))?.filter(({ mail }) => mail);
    return services === undefined ? undefined
      : this.#targets(services, ({ priority, ttl }, exchange) => rr(name, MX, ttl, { preference: priority & 0xffff, exchange }));
  }
  async #ns(): Promise<Told | undefined> {
    const services = this.#rules.isNamed ? await this.#ofZone('ns') ?? []
      : await this.#services(this.#zone.under('dns').under('ns'), TYPE.NS, false);
    const name = services?.find(({ host }) => addressOf(host) === undefined);
    if (name !== undefined) throw new BadMessage(`${name.key}: a name server is an address, not ${quoted(name.host)}`);
    return services === undefined ? undefined : this.#targets(services, ({ ttl }, host) => rr(this.#zone, NS, ttl, { host }));
  }
  /** Records that lead to other names, with the addresses of those: an address's own name is that of its key. */
  async #targets(services: readonly Service[], make: (service: Service, target: Name) => RR): Promise<Told> {
    const answer: RR[] = [], additional: RR[] = [];
    const asked = new Set<string>();
    for (const service of services) {
      const address = addressOf(service.host);
      const target = address === undefined ? Name.maybe(service.host) : this.#ownName(service);
      if (target === undefined) continue;
      answer.push(make(service, target));
      if (address !== undefined) additional.push(addressRecord(target, address, service.ttl));
      else if (!asked.has(target.key)) {
        asked.add(target.key);
        additional.push(...await this.#beside(target));
      }
    }
    return { answer: distinct(answer), additional: distinct(additional) };
  }
  async #beside(target: Name): Promise<readonly RR[]> {
    if (target.isUnder(this.#zone)) return await this.addresses(target, TYPE.A, []).catch(() => undefined) ?? [];
    return [...await this.#sources.elsewhere(target, TYPE.A), ...await this.#sources.elsewhere(target, TYPE.AAAA)];
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
const same = (one: RR, other: RR): boolean =>
  one.type === other.type && one.name.equals(other.name) && Buffer.compare(one.rdata, other.rdata) === 0;
const keyOfRecord = ({ name, type, rdata }: RR): string => `${name.key} ${type} ${latin1(rdata, 0, rdata.length)}`;
/** Each record once, where it stands first. */
const distinct = (records: readonly RR[]): readonly RR[] =>
  [...new Map(records.toReversed().map((each) => [keyOfRecord(each), each])).values()].reverse();
