// Where to begin with a question: the nearest zone whose servers are known or given. Knows the cache and the settings; asks nobody.
import { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { printAddress } from '../dns/address.ts';
import { Delegation } from './delegation.ts';
import type { NamedServer } from './delegation.ts';
import { RANK, targetOf } from './kept-set.ts';
import type { KeptSet } from './kept-set.ts';
import type { RecordCache } from './record-cache.ts';
import type { GivenZone, ResolverSettings, ServerAddress } from './settings.ts';

/** Finds delegations. */
export class Delegations {
  readonly #settings: ResolverSettings;
  readonly #cache: RecordCache;
  /** Zones whose servers are given: those that resolve, those that have the zone, and this server itself. */
  readonly #forwards: ReadonlyMap<string, GivenZone>;
  readonly #stubs: ReadonlyMap<string, GivenZone>;
  readonly #own: ReadonlyMap<string, GivenZone>;

  constructor(settings: ResolverSettings, cache: RecordCache) {
    this.#settings = settings;
    this.#cache = cache;
    const named = (wanted: GivenZone['kind']) =>
      new Map(settings.given.filter(({ kind }) => kind === wanted).map((each) => [each.zone.key, each] as const));
    this.#forwards = named('forward');
    this.#stubs = named('stub');
    this.#own = named('zone');
  }

  /**
   * The nearest one at or above the name (above it, for DS: the parent has it); undefined where only the root is left and it has not been
   * asked for its servers. `passed` are zones that are of no use now.
   */
  nearest({ name, type, class: klass }: Question, passed: ReadonlySet<string>, beyond = 0): Delegation | undefined {
    const from = type === TYPE.DS ? (name.parent ?? name) : name;
    const forward = this.#forwardOf(from, passed);
    for (let zone: Name | undefined = from; zone !== undefined; zone = zone.parent) {
      const own = this.#own.get(zone.key);
      if (own !== undefined && !passed.has(`zone ${zone.key}`)) return this.#ofOwn(own);
      if (forward !== undefined && zone.equals(forward.zone)) return forward;
      const given = zone.raw.length > 1 && !passed.has(`stub ${zone.key}`) ? this.#stubs.get(zone.key) : undefined;
      // What the zone says of its servers does not take the place of those that the owner gives, unless he wants that (`stub-prime`).
      if (given?.prime === false) return this.#ofGiven(given);
      if (!passed.has(zone.key) && forward === undefined) {
        const kept = this.#cache.set(zone, TYPE.NS, klass);
        if (kept !== undefined && kept.until > beyond) {
          const found = this.ofSet(kept);
          if (!found.isUseless) return found;
        }
      }
      if (given !== undefined) return this.#ofGiven(given);
    }
    return undefined;
  }
  /** The forward zone that the name is in, unless a nearer stub zone has it. */
  #forwardOf(name: Name, passed: ReadonlySet<string>): Delegation | undefined {
    if (this.#forwards.size === 0) return undefined;
    for (let zone: Name | undefined = name; zone !== undefined; zone = zone.parent) {
      const forward = this.#forwards.get(zone.key);
      if (forward !== undefined && !passed.has(`forward ${zone.key}`)) return this.#ofGiven(forward);
      if (this.#stubs.has(zone.key) && !passed.has(`stub ${zone.key}`)) return undefined;
    }
    return undefined;
  }
  /** Whether servers are given for this zone, and the answers of others are tried where they fail. */
  givenFor({ zone, source }: Delegation): GivenZone | undefined {
    return (source === 'zone' ? this.#own : source === 'forward' ? this.#forwards : this.#stubs).get(zone.key);
  }
  /** What is known of the root before it was asked. */
  hints(): Delegation {
    const given = this.#stubs.get('\0');
    if (given !== undefined) return this.#ofGiven(given, 'hints');
    const servers = this.#settings.hints.map(({ name, addresses }) =>
      ({ name, addresses: this.usable(addresses.map((address) => ({ address, port: 53 }))), hasLooked: true }));
    return new Delegation(Name.root, 'hints', servers);
  }
  /** Who stands at the top: whether the world is there they can say. */
  roots(): readonly ServerAddress[] {
    const given = this.#forwards.get('\0') ?? this.#stubs.get('\0');
    return (given === undefined ? this.hints() : this.#ofGiven(given)).known();
  }
  /** It is asked under its name, for which whoever sends questions knows it. */
  #ofOwn({ zone, addresses }: GivenZone): Delegation {
    return new Delegation(zone, 'zone', [], addresses);
  }
  #ofGiven({ zone, kind, addresses, names, tcp, keeps }: GivenZone, source: 'hints' | undefined = undefined): Delegation {
    const servers = names.map((name) => ({ name, addresses: this.addressesOf(name), hasLooked: false }));
    return new Delegation(zone, source ?? (kind === 'forward' ? 'forward' : 'stub'), servers, this.usable(addresses), tcp,
      Infinity, keeps);
  }

  /** The delegation that an NS set is, with the addresses that are kept. */
  ofSet(set: KeptSet): Delegation {
    const servers: NamedServer[] = set.data.map((data) => {
      const name = targetOf(data);
      const isKnown = !this.#settings.verifiesGlue || name.isUnder(set.name);
      return { name, addresses: this.addressesOf(name, isKnown ? RANK.GLUE : RANK.REFERRAL), hasLooked: false };
    });
    return new Delegation(set.name, set.rank >= RANK.AUTHORITY ? 'child' : 'parent', servers, [], this.#settings.tcpOnly, set.until);
  }
  /** The kept addresses of a server that may be asked, believed so far at least. */
  addressesOf(name: Name, least: number = RANK.GLUE): ServerAddress[] {
    const found: ServerAddress[] = [];
    for (const type of [TYPE.A, TYPE.AAAA]) {
      const set = this.#cache.set(name, type, CLASS.IN);
      if (set === undefined || set.rank < least) continue;
      for (const data of set.data) found.push({ address: printAddress(data), port: 53 });
    }
    return this.usable(found);
  }
  /** Those that the settings allow. */
  usable(addresses: readonly ServerAddress[]): ServerAddress[] {
    const { refused, ipv4, ipv6, translated } = this.#settings;
    if (addresses.length === 0) return [];
    const there = translated === undefined ? addresses
      : addresses.map((each) => (each.address.includes(':') ? each : { ...each, address: translated(each.address) }));
    return there.filter(({ address }) => (address.includes(':') ? ipv6 : ipv4) && !refused(address));
  }
}
