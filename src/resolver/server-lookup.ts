// Addresses of servers by their names: looked up when they are needed, or ahead, as far as the budget goes. Knows names of delegations; the
// search for their addresses is handed in.
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { Budget, NOBODY, ResolutionError } from './budget.ts';
import type { Errand } from './budget.ts';
import type { Delegation, NamedServer } from './delegation.ts';
import type { Delegations } from './delegations.ts';
import type { RecordCache } from './record-cache.ts';
import type { Step } from './step.ts';
import type { ResolverSettings, ServerAddress } from './settings.ts';
import type { Tried } from './tried.ts';

/** So many names of servers that there are not, and those that the parent has are tried before the others. */
const MOST_MISSING = 3;
/** Names of servers that wait for one another, aliases among them. */
const MOST_PENDING = 16;
/** Milliseconds between two times that the names of given servers are looked up ahead. */
const AHEAD = 60_000;

/** What it needs of the search that it is part of. */
interface LookupSearch {
  readonly settings: ResolverSettings;
  readonly cache: RecordCache;
  readonly parts: { readonly now: () => number };
  readonly delegations: Delegations;
  /** Another question: of a server's address. Throws ResolutionError. */
  readonly ask: (question: Question, errand: Errand) => Promise<Step>;
}

/** Finds addresses of servers. */
export class ServerLookup {
  readonly #search: LookupSearch;
  readonly #settings: ResolverSettings;
  readonly #reachesSix: () => boolean;
  /** Until when names of given servers are not looked up again. */
  readonly #looked = new Map<string, number>();

  /** `reachesSix` says whether addresses of IPv6 are of use. */
  constructor(search: LookupSearch, reachesSix: () => boolean) {
    this.#search = search;
    this.#settings = search.settings;
    this.#reachesSix = reachesSix;
  }

  /** Names of servers that are given are looked up before the addresses that are given fail: afterwards it may be too late. */
  ahead({ servers }: Delegation): void {
    const now = this.#search.parts.now();
    for (const server of servers) {
      if (server.addresses.length > 0 || (this.#looked.get(server.name.key) ?? 0) > now) continue;
      this.#looked.set(server.name.key, now + AHEAD);
      const budget = new Budget(this.#settings, now + AHEAD);
      void this.#addresses(server, { budget, depth: 0, pending: NOBODY, avoided: [], beyond: 0 });
    }
  }
  /** Looks up addresses of one more server; false where there is none to look up. */
  async more(at: Delegation, errand: Errand, tried: Tried): Promise<boolean> {
    for (const server of at.servers) {
      if (server.hasLooked) continue;
      if (tried.missing >= MOST_MISSING && !tried.askedParent) return false;
      server.hasLooked = true;
      if (isPending(errand, server.name) || tried.has(server.name)) continue;
      const before = server.addresses.length;
      await this.#addresses(server, errand);
      if (server.addresses.length > before) return true;
      tried.missing++;
      tried.isFurther ||= this.#isKnown(server.name);
    }
    return errand.avoided.length > 0 && this.#others(at, errand, tried);
  }
  /** Where what one address of a server said is bogus, another one of its may say what is not. */
  async #others(at: Delegation, errand: Errand, tried: Tried): Promise<boolean> {
    for (const server of at.servers) {
      if (isPending(errand, server.name) || tried.hasWidened(server.name)) continue;
      const before = server.addresses.length;
      for (const type of this.#types()) {
        await this.#followed(server, type, errand).catch((error: unknown) => {
          if (!(error instanceof ResolutionError)) throw error;
        });
      }
      if (server.addresses.length > before) return true;
    }
    return false;
  }
  async #addresses(server: NamedServer, errand: Errand): Promise<void> {
    if (!this.#isKnown(server.name) && !errand.budget.name(errand.depth)) return;
    for (const type of this.#types()) {
      try {
        if (await this.#followed(server, type, errand)) break;
      } catch (error) {
        if (!(error instanceof ResolutionError)) throw error;
      }
    }
    this.#found(server, server.name);
  }
  #types(): number[] {
    const { ipv4, ipv6 } = this.#settings;
    return [...(ipv4 ? [TYPE.A] : []), ...(ipv6 && this.#reachesSix() ? [TYPE.AAAA] : [])];
  }
  /** Whether nobody need be asked for its addresses. */
  #isKnown(name: Name): boolean {
    return this.#types().every((type) => this.#search.cache.step(name, type, CLASS.IN) !== undefined);
  }
  /** Along aliases, which a server's name should not be (RFC 2181 section 10.3); whether there are addresses at their end. */
  async #followed(server: NamedServer, type: number, errand: Errand): Promise<boolean> {
    const pending = new Set(errand.pending);
    const inner: Errand = { ...errand, watch: undefined, depth: errand.depth + 1, pending };
    for (let name = server.name; !pending.has(name.key);) {
      pending.add(name.key);
      const step = this.#search.cache.step(name, type, CLASS.IN) ?? await this.#search.ask({ name, type, class: CLASS.IN }, inner);
      if (step.kind === 'answer') this.#found(server, name);
      if (step.target === undefined || pending.size > MOST_PENDING) return step.kind === 'answer';
      name = step.target;
    }
    return false;
  }
  #found({ addresses }: NamedServer, name: Name): void {
    for (const found of this.#search.delegations.addressesOf(name)) {
      if (!addresses.some((has) => same(has, found))) addresses.push(found);
    }
  }
}
/** Whether the name waits for this question already. */
export const isPending = ({ pending }: Errand, name: Name): boolean => pending.has(name.key);
/** Whether two addresses are one. */
export const same = (one: ServerAddress, other: ServerAddress): boolean => one.address === other.address && one.port === other.port;
