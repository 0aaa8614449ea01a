// Names of a cluster as a source of DNS: put into shared memory on main, found in every thread. Knows names and addresses; knows no API.
import { A, AAAA, ANSWER, CNAME, Name, Table, record } from 'coredns-ts';
import type { Backend, Fallthrough, Node, Note, Query, Run, Site, TableEntry } from 'coredns-ts';
import { parseAddress } from 'coredns-ts/dns';
import type { Exposed, Gateway, Route } from './objects.ts';

/** Under this type each name stands that exists, those above others among them. */
const EXISTS = 0;
const CLASS_IN = 1;
/** The most addresses of a name: more fit into no reply over UDP. */
const MOST = 64;

/** What a block says of its names. */
interface Settings {
  readonly zones: readonly Name[];
  readonly ttl: number;
  readonly fallthrough: Fallthrough;
}

/** The names of one block. */
export class Source implements Backend {
  readonly zones: readonly Name[];
  readonly ttl: number;
  readonly fallthrough: Fallthrough;
  readonly #table: Table;
  readonly #serial: Note;

  constructor({ zones, ttl, fallthrough }: Settings, run: Run, site: Site) {
    this.zones = zones;
    this.ttl = ttl;
    this.fallthrough = fallthrough;
    this.#table = new Table(run, site, 'k8s_gateway');
    this.#serial = run.space(site).note('k8s_gateway');
  }
  /** On main: these are all names, from `now` on, in milliseconds since 1970. */
  replace(entries: readonly TableEntry[], now: number): void {
    this.#table.replace(entries);
    this.#serial.write(String(Math.floor(now / 1000)));
  }
  serial(): number {
    return Number(this.#serial.read());
  }
  incomplete(): string | undefined {
    return this.#serial.round === 0 ? 'the Kubernetes API has not been read yet' : undefined;
  }
  at(query: Query): Node | undefined {
    if (this.#table.get(query, EXISTS) !== undefined) return this.#node(query, (type) => this.#table.get(query, type));
    // The closest name above that exists is where a wildcard counts (RFC 4592 section 3.3.1).
    for (let above = query.name.parent; above !== undefined && this.zones.some((zone) => above!.isUnder(zone)); above = above.parent) {
      const wildcard = Name.parse('*', above);
      if (this.#table.of(wildcard, EXISTS) !== undefined) return this.#node(query, (type) => this.#table.of(wildcard, type));
      if (this.#table.of(above, EXISTS) !== undefined) return undefined;
    }
    return undefined;
  }
  #node({ name }: Query, of: (type: number) => Uint8Array | undefined): Node {
    return {
      write: (type, reply) => {
        const size = type === A.type ? 4 : type === AAAA.type ? 16 : 0;
        const octets = size === 0 ? undefined : of(type);
        if (octets === undefined) return;
        for (let at = 0; at < octets.length; at += size) {
          reply.appendAll([record(name, type, CLASS_IN, this.ttl, octets.subarray(at, at + size))], ANSWER);
        }
      },
      alias: () => {
        const target = of(CNAME.type);
        return target === undefined ? undefined : Name.read(target, 0, target.length);
      },
    };
  }
}

/** What is in the table: kinds that come first win a name. */
export function entriesOf(
  zones: readonly Name[], kinds: readonly ReadonlyMap<string, Exposed | Route>[], gateways: ReadonlyMap<string, Gateway>,
): readonly TableEntry[] {
  const names = new Map<string, { readonly name: Name; readonly targets: Set<string> }>();
  for (const kind of kinds) {
    const own = new Map<string, { readonly name: Name; readonly targets: Set<string> }>();
    // In the order of their names, which does not depend on when they came.
    for (const [, each] of [...kind].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const { host, targets } of placesOf(each, gateways)) {
        for (const name of namesOf(host, zones)) {
          const known = own.get(name.key) ?? { name, targets: new Set() };
          for (const target of targets) known.targets.add(target);
          own.set(name.key, known);
        }
      }
    }
    for (const [key, found] of own) if (!names.has(key)) names.set(key, found);
  }
  const exists = new Map<string, Name>();
  const entries: TableEntry[] = [];
  for (const { name, targets } of names.values()) {
    for (let each: Name | undefined = name; each !== undefined && zones.some((zone) => each!.isUnder(zone)); each = each.parent) {
      exists.set(each.key, each);
    }
    entries.push(...recordsOf(name, [...targets]));
  }
  return [...entries, ...[...exists.values()].map((name): TableEntry => [name, EXISTS, new Uint8Array(0)])];
}
/** The names of an object, and where each leads. */
function placesOf(object: Exposed | Route, gateways: ReadonlyMap<string, Gateway>): { host: string; targets: readonly string[] }[] {
  if ('targets' in object) return object.hosts.map((host) => ({ host, targets: object.targets }));
  return object.parents.flatMap(({ gateway, section }) => {
    const found = gateways.get(gateway);
    if (found === undefined) return [];
    const listeners = found.listeners.filter(({ name }) => section === '' || name === section).map(({ host }) => host);
    const hosts = object.hosts.length > 0 ? object.hosts : listeners.filter((host) => host !== '');
    return hosts.map((host) => ({ host, targets: found.targets }));
  });
}
/** A host as names in the zones; `NAME.*` is below each of them. What is no name is none. */
function namesOf(host: string, zones: readonly Name[]): readonly Name[] {
  const parse = (text: string, origin: Name): Name[] => {
    try {
      return [Name.parse(text.toLowerCase(), origin)];
    } catch {
      return [];
    }
  };
  if (host.endsWith('.*')) return zones.flatMap((zone) => parse(host.slice(0, -2), zone));
  return parse(host, Name.root).filter((name) => zones.some((zone) => name.isUnder(zone)));
}
/** Addresses where there are any; else an alias, of which there can be one, and none at the top of a zone. */
function recordsOf(name: Name, targets: readonly string[]): TableEntry[] {
  const addresses = targets.flatMap((each) => parseAddress(each) ?? []).slice(0, MOST);
  const of = (size: number, type: number): TableEntry[] => {
    const octets = addresses.filter(({ length }) => length === size).flatMap((each) => [...each]);
    return octets.length === 0 ? [] : [[name, type, Uint8Array.from(octets)]];
  };
  const found = [...of(4, A.type), ...of(16, AAAA.type)];
  if (found.length > 0) return found;
  const host = targets.find((each) => parseAddress(each) === undefined);
  if (host === undefined) return [];
  try {
    return [[name, CNAME.type, Name.parse(host, Name.root).octets]];
  } catch {
    return [];
  }
}
