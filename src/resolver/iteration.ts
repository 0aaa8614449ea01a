// One question, from the nearest servers that are known down to those that have the answer (RFC 1034 section 5.3.3). Knows servers,
// kinds of replies and the cache; follows no alias and checks no signature.
import { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { ResolutionError } from './budget.ts';
import type { Errand } from './budget.ts';
import { Delegation } from './delegation.ts';
import type { NamedServer } from './delegation.ts';
import { Delegations } from './delegations.ts';
import { askServer } from './exchange.ts';
import type { ExchangeParts } from './exchange.ts';
import { ReplyKeeper } from './reply-keeper.ts';
import { kindOf } from './reply-kind.ts';
import type { Said } from './reply-kind.ts';
import type { RecordCache, Step } from './record-cache.ts';
import { scrub } from './scrub.ts';
import type { Scrubbed } from './scrub.ts';
import { Servers, choose } from './servers.ts';
import type { Server } from './servers.ts';
import type { ResolverSettings, ServerAddress } from './settings.ts';
import { Tried } from './tried.ts';

/** Addresses of servers are looked up so deep: a server whose name is below a server whose name is below ... */
const DEEPEST = 6;
/** Labels that are asked for one by one before the rest is asked for at once (RFC 9156 section 2.3). */
const SINGLE_LABELS = 10;

/** A reply that says something. */
interface Heard {
  readonly kind: Said;
  readonly reply: Scrubbed;
  readonly server: Server;
}

/** Asks servers. */
export class Iteration {
  readonly delegations: Delegations;
  readonly #settings: ResolverSettings;
  readonly #cache: RecordCache;
  readonly #servers = new Servers();
  readonly #parts: ExchangeParts;
  readonly #keeper: ReplyKeeper;
  #priming: Promise<Delegation> | undefined;

  constructor(settings: ResolverSettings, cache: RecordCache, parts: ExchangeParts) {
    this.#settings = settings;
    this.#cache = cache;
    this.#parts = parts;
    this.delegations = new Delegations(settings, cache);
    this.#keeper = new ReplyKeeper(settings, cache, parts.now);
  }

  /** What the servers say. Throws ResolutionError where none says anything. */
  async ask(question: Question, errand: Errand): Promise<Step> {
    const passed = new Set<string>();
    for (;;) {
      const from = await this.#begin(question, errand, passed);
      try {
        return await this.#descend(from, question, errand);
      } catch (error) {
        // `stub-first`, `forward-first`: what is given did not help.
        if (!(error instanceof ResolutionError) || !this.#isPassed(from, passed)) throw error;
      }
    }
  }
  #isPassed(from: Delegation, passed: Set<string>): boolean {
    const given = from.isGiven ? this.delegations.givenFor(from) : undefined;
    const key = `${from.source === 'zone' ? 'zone' : 'given'} ${from.zone.key}`;
    if (given?.first !== true || passed.has(key)) return false;
    passed.add(key);
    return true;
  }
  async #begin(question: Question, errand: Errand, passed: ReadonlySet<string>): Promise<Delegation> {
    const skipped = new Set(passed);
    for (;;) {
      const found = this.delegations.nearest(question, skipped);
      if (found === undefined) return this.#primed(question, errand);
      if (found.known().length > 0 || found.servers.some(({ name }) => !isPending(errand, name))) return found;
      skipped.add(found.zone.key);
    }
  }
  /** The root's servers, as the root says (RFC 9609); those of the hints where it says nothing. */
  async #primed(question: Question, errand: Errand): Promise<Delegation> {
    const hints = this.delegations.hints();
    const asked: Question = { name: Name.root, type: TYPE.NS, class: CLASS.IN };
    if (question.name.raw.length === 1 && question.type === TYPE.NS) return hints;
    this.#priming ??= (async () => {
      try {
        const heard = await this.#hear(hints, asked, errand, new Tried());
        if (heard.kind !== 'referral') this.#keeper.keep(heard.reply, heard.kind, asked, hints);
        const kept = this.#cache.set(Name.root, TYPE.NS, CLASS.IN);
        const found = kept === undefined ? hints : this.delegations.ofSet(kept);
        return found.known().length > 0 ? found : hints;
      } catch (error) {
        if (error instanceof ResolutionError) return hints;
        throw error;
      } finally {
        this.#priming = undefined;
      }
    })();
    return this.#priming;
  }

  async #descend(from: Delegation, question: Question, errand: Errand): Promise<Step> {
    let at = from;
    let labels = at.zone.labels;
    let whole = this.#settings.minimise === 'off' || at.recursive;
    for (;;) {
      const asked: Question = whole ? question : minimised(question, labels + 1);
      const isWhole = whole || asked.name.labels === question.name.labels;
      let heard: Heard;
      try {
        heard = await this.#hear(at, isWhole ? question : asked, errand, new Tried());
      } catch (error) {
        // A server that breaks on a shorter name may still know the whole one.
        if (isWhole || !(error instanceof ResolutionError) || this.#settings.minimise === 'strict') throw error;
        whole = true;
        continue;
      }
      const { kind, reply } = heard;
      if (kind === 'referral') {
        at = this.#refer(reply, at, isWhole ? question : asked);
        labels = at.zone.labels;
        continue;
      }
      const step = this.#keeper.keep(reply, kind, isWhole ? question : asked, at);
      step.said = heard.server;
      if (isWhole) return step;
      if (kind === 'nxdomain' && this.#settings.minimise === 'strict') return step;
      if (kind === 'nxdomain' || kind === 'alias' || labels + 1 - at.zone.labels >= SINGLE_LABELS) whole = true;
      labels++;
    }
  }
  /** Keeps a referral and says where it leads. */
  #refer(reply: Scrubbed, from: Delegation, { name }: Question): Delegation {
    const kept = this.#keeper.refer(reply, from, name);
    const next = this.delegations.ofSet(kept);
    return next.zone.equals(from.zone) ? from : new Delegation(next.zone, 'parent', next.servers, [], next.tcp, next.until);
  }

  /** Asks the servers of a delegation until one says something. */
  async #hear(at: Delegation, question: Question, errand: Errand, tried: Tried): Promise<Heard> {
    for (;;) {
      const server = this.#next(at, question, tried, errand);
      if (server === undefined) {
        if (await this.#moreAddresses(at, errand, tried)) continue;
        const other = await this.#otherSide(at, question, errand, tried);
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
        const lacks = tried.count === 0 ? 'has an address' : 'answers';
        throw new ResolutionError(`no server of ${at.zone.text} ${lacks}`, tried.isRefused ? 23 : 22);
      }
      errand.budget.ask(this.#parts.now());
      const heard = await this.#askOne(server, at, question, tried);
      if (heard !== undefined) return heard;
    }
  }
  #next(at: Delegation, { type }: Question, tried: Tried, { avoided }: Errand): Server | undefined {
    const now = this.#parts.now();
    const { tries } = this.#settings;
    const left = at.known().map((address) => this.#servers.at(address)).filter((server) =>
      tried.of(server) < tries && !tried.isOut(server) && !avoided.has(server) && !server.isLameFor(at.zone, type, now));
    if (left.length === 0) return undefined;
    const fewest = Math.min(...left.map((server) => tried.of(server)));
    return choose(left.filter((server) => tried.of(server) === fewest), now, this.#parts.random);
  }
  async #askOne(server: Server, at: Delegation, question: Question, tried: Tried): Promise<Heard | undefined> {
    tried.add(server);
    const manner = { tcp: at.tcp || this.#settings.tcpOnly, recursionDesired: at.recursive, dnssec: true };
    const parts = await askServer(this.#parts, server, question, manner);
    if (parts === undefined) return undefined;
    const { private: refused } = this.#settings;
    // Servers that are given may name private addresses.
    const reply = scrub(parts, question, at.zone, (rr) => !at.isGiven && refused.isIn(rr));
    const kind = kindOf(reply, question, at.zone, at.recursive || at.source === 'hints');
    if (kind === 'lame') {
      server.setLame(at.zone, question.type, this.#parts.now());
      tried.out(server);
      return undefined;
    }
    if (kind === 'hearsay') {
      tried.hearsay.push({ address: server.address, port: server.port });
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
    return { kind, reply, server };
  }

  /** Looks up addresses of one more server; false where there is none to look up. */
  async #moreAddresses(at: Delegation, errand: Errand, tried: Tried): Promise<boolean> {
    for (const server of at.servers) {
      if (server.hasLooked) continue;
      server.hasLooked = true;
      if (isPending(errand, server.name) || tried.has(server.name)) continue;
      const before = server.addresses.length;
      await this.#addresses(server, errand);
      if (server.addresses.length > before) return true;
    }
    return false;
  }
  async #addresses(server: NamedServer, errand: Errand): Promise<void> {
    if (errand.depth >= DEEPEST || errand.budget.serverNames-- <= 0) return;
    const { ipv4, ipv6 } = this.#settings;
    const types = [...(ipv4 ? [TYPE.A] : []), ...(ipv6 ? [TYPE.AAAA] : [])];
    for (const type of types) {
      const question: Question = { name: server.name, type, class: CLASS.IN };
      const inner: Errand = { ...errand, depth: errand.depth + 1, pending: new Set([...errand.pending, server.name.key]) };
      try {
        const step = this.#cache.step(server.name, type, CLASS.IN) ?? await this.ask(question, inner);
        if (step.kind === 'answer') break;
      } catch (error) {
        if (!(error instanceof ResolutionError)) throw error;
      }
    }
    for (const found of this.delegations.addressesOf(server.name)) {
      if (!server.addresses.some((has) => same(has, found))) server.addresses.push(found);
    }
  }
  /** The zone's servers as its parent has them, where the child's do not answer (and the other way round). */
  async #otherSide(at: Delegation, question: Question, errand: Errand, tried: Tried): Promise<Delegation | undefined> {
    if (at.zone.raw.length === 1 || at.isGiven || tried.askedParent) return undefined;
    tried.askedParent = true;
    for (const { name, addresses } of at.servers) {
      const more = this.delegations.usable(this.#keeper.glueOf(name)).filter((glue) => !addresses.some((has) => same(has, glue)));
      addresses.push(...more);
      if (more.length > 0) return at;
    }
    const known = this.#keeper.parentSide(at.zone);
    const other = known ?? await this.#fromParent(at.zone, question, errand);
    if (other === undefined) return undefined;
    const hasMore = other.servers.some(({ name, addresses }) => addresses.some((each) => tried.of(this.#servers.at(each)) === 0)
      || (addresses.length === 0 && !at.servers.some((has) => has.name.equals(name))));
    return hasMore ? other : undefined;
  }
  async #fromParent(zone: Name, { class: klass }: Question, errand: Errand): Promise<Delegation | undefined> {
    const asked: Question = { name: zone, type: TYPE.NS, class: klass };
    const skipped = new Set([zone.key]);
    const from = this.delegations.nearest({ ...asked, type: TYPE.DS }, skipped) ?? await this.#primed({ ...asked, type: TYPE.DS }, errand);
    if (from.zone.equals(zone)) return undefined;
    try {
      const heard = await this.#hear(from, asked, errand, new Tried());
      if (heard.kind !== 'referral') return undefined;
      this.#keeper.refer(heard.reply, from, zone);
      return this.#keeper.parentSide(zone);
    } catch (error) {
      if (error instanceof ResolutionError) return undefined;
      throw error;
    }
  }
}

const isEmpty = ({ answer, authority }: Scrubbed): boolean => answer.length === 0 && authority.length === 0;

const isPending = ({ pending }: Errand, name: Name): boolean => pending.has(name.key);
const same = (one: ServerAddress, other: ServerAddress): boolean => one.address === other.address && one.port === other.port;

/** The question for the name with so many labels, for addresses: a type that exists everywhere (RFC 9156 section 2.1). */
function minimised({ name, type, class: klass }: Question, labels: number): Question {
  if (labels >= name.labels) return { name, type, class: klass };
  let shorter = name;
  for (let more = name.labels - labels; more > 0; more--) shorter = shorter.parent!;
  return { name: shorter, type: TYPE.A, class: klass };
}
