// The servers of one delegation, asked one after the other until one says something: which is next, where more of their addresses are
// found, and the other side of the cut. Knows servers and delegations; where a search begins is handed in.
import { INFO_CODE } from '../dns/extended-error.ts';
import { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { ResolutionError } from './budget.ts';
import type { Errand } from './budget.ts';
import { Delegation } from './delegation.ts';
import type { Delegations } from './delegations.ts';
import { agentIn } from './error-reports.ts';
import { askServer } from './exchange.ts';
import type { ExchangeParts } from './exchange.ts';
import type { ReplyKeeper } from './reply-keeper.ts';
import { kindOf } from './reply-kind.ts';
import type { Said } from './reply-kind.ts';
import { Reach } from './reach.ts';
import type { RecordCache } from './record-cache.ts';
import type { Step } from './step.ts';
import { scrub } from './scrub.ts';
import type { Scrubbed } from './scrub.ts';
import { show } from './server-watch.ts';
import { ServerLookup, same } from './server-lookup.ts';
import { Servers, choose } from './servers.ts';
import type { Server } from './servers.ts';
import type { ResolverSettings, ServerAddress } from './settings.ts';
import { Tried } from './tried.ts';


/** A reply that says something. */
export interface Heard {
  readonly kind: Said;
  readonly reply: Scrubbed;
  readonly server: Server;
  readonly isSpoilt: boolean;
  /** To whom errors are told (RFC 9567). */
  readonly agent: Name | undefined;
}
/** What it needs of the search that it is part of. */
export interface Search {
  readonly settings: ResolverSettings;
  readonly cache: RecordCache;
  readonly parts: ExchangeParts;
  readonly delegations: Delegations;
  readonly keeper: ReplyKeeper;
  /** Another question: of a server's address. Throws ResolutionError. */
  readonly ask: (question: Question, errand: Errand) => Promise<Step>;
  /** The root's servers. */
  readonly primed: (question: Question, errand: Errand) => Promise<Delegation>;
  /** A server of this zone answers again; of the root: the network is back. */
  readonly back: (zone: Name) => void;
}
/** Milliseconds that a server of the root has to show that the network is there. */
const PROBE = 2000;
/** Who is next, and who would be if there were a way to them. */
interface Next {
  readonly server: Server | undefined;
  readonly missed: Server | undefined;
  /** There are others. */
  readonly others: boolean;
}

/** Asks the servers of delegations. */
export class Hearing {
  readonly #search: Search;
  readonly #settings: ResolverSettings;
  readonly #parts: ExchangeParts;
  readonly #servers: Servers;
  readonly #reach: Reach;
  readonly #lookup: ServerLookup;

  constructor(search: Search) {
    this.#search = search;
    this.#settings = search.settings;
    this.#parts = search.parts;
    this.#servers = new Servers(search.parts.servers, search.parts.now);
    const { now, after, random, events } = search.parts;
    const { ipv4, ipv6, doubtsIpv6 } = search.settings;
    this.#reach = new Reach({
      now, after, random, flags: search.parts.reach, epoch: search.parts.servers.epoch,
      targets: () => search.delegations.roots(), probe: (address) => this.#probe(address),
      reached: (family, isReached) => events?.reached(family, isReached),
      back: () => {
        this.#servers.forgive();
        search.back(Name.root);
      },
    }, { four: ipv4, six: ipv6 && !doubtsIpv6 });
    this.#lookup = new ServerLookup(search, () => !this.#reach.isGone('::'));
  }
  /** Takes note of a network that is back. */
  notice(): void {
    this.#reach.notice();
  }
  /** Whether a server of the root says anything at all. */
  async #probe(address: ServerAddress): Promise<boolean> {
    const question: Question = { name: Name.root, type: TYPE.NS, class: CLASS.IN };
    const { tcpOnly, dnssecOk, cookies } = this.#settings;
    const reply = await askServer(this.#parts, this.#servers.at(address), question, {
      tcp: tcpOnly, recursionDesired: true, dnssec: dnssecOk, options: [], cookies, mixed: false, patience: PROBE, told: () => false,
      isBack: () => {},
    });
    return reply !== undefined;
  }

  /** Asks until one says something. Throws ResolutionError where none does. */
  async hear(at: Delegation, question: Question, errand: Errand, tried: Tried): Promise<Heard> {
    if (at.isGiven) this.#lookup.ahead(at);
    for (;;) {
      if (errand.watch !== undefined) show(errand.watch, at);
      const next = this.#next(at, question, tried, errand);
      if (next.server === undefined) {
        // Who cannot be reached cannot say where others are.
        const isDark = next.missed !== undefined && this.#reach.isDark;
        if (!isDark && await this.#lookup.more(at, errand, tried)) continue;
        const other = isDark ? undefined : await this.#otherSide(at, question, errand, tried);
        if (other !== undefined) {
          at = other;
          continue;
        }
        if (tried.hearsay.length > 0) {
          // Better than nothing: they are asked to resolve.
          at = new Delegation(at.zone, 'forward', [], tried.hearsay);
          tried = new Tried();
          continue;
        }
        // The parent has no others: on with those that were left.
        if (!isDark && at.servers.some(({ hasLooked }) => !hasLooked)) continue;
        if (next.missed !== undefined) return this.#scout(next.missed, at, question, errand, tried);
        throw this.#nobody(at, errand, tried);
      }
      errand.budget.ask(this.#parts.now(), question, at.zone);
      const heard = await this.#askOne(next.server, at, question, tried, next.others);
      if (heard !== undefined) return heard;
    }
  }
  #nobody(at: Delegation, { budget: { spent } }: Errand, tried: Tried): ResolutionError {
    const lacks = tried.count === 0 ? 'has an address' : 'answers';
    const more = spent === 'names' || spent === 'depth' ? ', and no more names of servers are looked up' : '';
    const code = tried.isRefused ? INFO_CODE.NETWORK_ERROR : INFO_CODE.NO_REACHABLE_AUTHORITY;
    // Names that are known to lead nowhere cost nothing the next time, which goes on behind them.
    const isPassing = (spent === 'names' && tried.isFurther) || this.#reach.isDark;
    return new ResolutionError(`no server of ${at.zone.text} ${lacks}${more}`, code, isPassing);
  }
  /** Asks one server where nobody is reached: it may be that the network is back, or that the root alone is out of reach. */
  async #scout(server: Server, at: Delegation, question: Question, errand: Errand, tried: Tried): Promise<Heard> {
    const back = this.#reach.scout(server.address);
    if (back !== undefined) {
      try {
        errand.budget.ask(this.#parts.now(), question, at.zone);
        const heard = await this.#askOne(server, at, question, tried, false);
        if (heard !== undefined) return heard;
      } finally {
        back();
      }
    }
    throw new ResolutionError(`no server of ${at.zone.text} is reached: the network is gone`, 23, true);
  }
  #next(at: Delegation, { type }: Question, tried: Tried, { avoided }: Errand): Next {
    const now = this.#parts.now();
    const { tries } = this.#settings;
    const having: Server[] = [];
    let all: Server[] | undefined;
    for (const address of at.known()) {
      const server = this.#servers.at(address);
      if (tried.of(server) >= tries || tried.isOut(server) || avoided.includes(server)) continue;
      if (!server.isLameFor(at.zone, type, now)) having.push(server);
      else (all ??= []).push(server);
    }
    const left = having.length > 0 || all === undefined ? having
      : all.filter((server) => tried.of(server) === 0 && !server.wasLame(at.zone, type, now));
    const reached = isOfTheWorld(at) ? left.filter(({ address }) => !this.#reach.isMissed(address)) : left;
    let fewest = Infinity;
    for (const server of reached) fewest = Math.min(fewest, tried.of(server));
    const server = choose(fewest === 0 && tried.count === 0 ? reached : reached.filter((each) => tried.of(each) === fewest), now,
      this.#parts.random);
    return { server, missed: server === undefined ? left[0] : undefined, others: reached.length > 1 };
  }
  async #askOne(server: Server, at: Delegation, question: Question, tried: Tried, others: boolean): Promise<Heard | undefined> {
    tried.add(server);
    const options = this.#settings.optionsFor(server.address);
    const manner = {
      tcp: at.tcp || this.#settings.tcpOnly, recursionDesired: at.recursive, dnssec: this.#settings.dnssecOk, options,
      cookies: this.#settings.cookies, mixed: this.#settings.mixed,
      patience: server.patience(this.#parts.now(), others), told: (came: boolean) => this.#told(server, at, came),
      isBack: () => this.#search.back(at.zone),
    };
    const parts = await askServer(this.#parts, server, question, manner);
    if (parts === undefined) return undefined;
    const { private: refused } = this.#settings;
    // Servers that are given may name private addresses.
    const { anyGlue, mostServers } = this.#settings;
    const reply = scrub(parts, question, { zone: at.zone, recursive: at.recursive, anyGlue, mostServers,
      isRefused: (rr) => !at.isGiven && refused.isIn(rr) });
    const kind = kindOf(reply, question, at);
    if (kind === 'lame') {
      server.setLame(at.zone, question.type, this.#parts.now());
      tried.out(server);
      return undefined;
    }
    if (kind === 'hearsay') {
      tried.tells({ address: server.address, port: server.port });
      tried.out(server);
      return undefined;
    }
    if (kind === 'useless') {
      tried.isRefused = true;
      tried.out(server);
      return undefined;
    }
    // Nothing at all, not even whose zone it is: another may know more (it is believed from the third on).
    if (kind === 'nodata' && isEmpty(reply) && tried.empty++ < 2 && at.servers.length + at.addresses.length > 1) {
      tried.out(server);
      return undefined;
    }
    server.hasZone(at.zone, question.type);
    const agent = this.#settings.reports ? agentIn(parts.edns) : undefined;
    return { kind, reply, server, isSpoilt: parts.isSpoilt === true, agent };
  }

  /** What servers of the world say, or do not, says something of the network; whether it says something of the server is returned. */
  #told(server: Server, at: Delegation, came: boolean): boolean {
    if (!isOfTheWorld(at)) return true;
    if (came) this.#reach.heard(server.address);
    else this.#reach.silent(server.address);
    return !this.#reach.isGone(server.address);
  }
  /** The zone's servers as its parent has them, where the child's do not answer (and the other way round). */
  async #otherSide(at: Delegation, question: Question, errand: Errand, tried: Tried): Promise<Delegation | undefined> {
    const wasAsked = tried.askedParent;
    tried.askedParent = true;
    if (at.zone.raw.length === 1 || at.isGiven) return undefined;
    for (const { name, addresses } of at.servers) {
      const glue = this.#search.delegations.usable(this.#search.keeper.glueOf(name));
      const more = glue.filter((each) => !addresses.some((has) => same(has, each)));
      addresses.push(...more);
      if (more.length > 0) return at;
    }
    if (wasAsked) return undefined;
    const other = this.#parentSide(at.zone) ?? await this.#fromParent(at.zone, question, errand);
    if (other === undefined) return undefined;
    const hasMore = other.servers.some(({ name, addresses }) => addresses.some((each) => tried.of(this.#servers.at(each)) === 0)
      || (addresses.length === 0 && !at.servers.some((has) => has.name.equals(name))));
    return hasMore ? other : undefined;
  }
  /** As the parent named them last, as far as they may be asked. */
  #parentSide(zone: Name): Delegation | undefined {
    const { delegations, keeper } = this.#search;
    return keeper.parentSide(zone, (addresses) => delegations.usable(addresses));
  }
  async #fromParent(zone: Name, { class: klass }: Question, errand: Errand): Promise<Delegation | undefined> {
    const asked: Question = { name: zone, type: TYPE.NS, class: klass };
    const skipped = new Set([zone.key]);
    const from = this.#search.delegations.nearest({ ...asked, type: TYPE.DS }, skipped)
      ?? await this.#search.primed({ ...asked, type: TYPE.DS }, errand);
    if (from.zone.equals(zone)) return undefined;
    try {
      const heard = await this.hear(from, asked, errand, new Tried());
      if (heard.kind !== 'referral') return undefined;
      this.#search.keeper.refer(heard.reply, from, zone);
      return this.#parentSide(zone);
    } catch (error) {
      if (error instanceof ResolutionError) return undefined;
      throw error;
    }
  }
}

/** What they say counts for the network: those that are given for a zone below the root may be next door. */
const isOfTheWorld = ({ isGiven, source, zone }: Delegation): boolean => !isGiven || (zone.raw.length === 1 && source !== 'zone');
const isEmpty = ({ answer, authority }: Scrubbed): boolean => answer.length === 0 && authority.length === 0;
