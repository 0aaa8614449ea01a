// Who may do what: tokens, certificates of clients, and whether a page of the web is behind a request. Knows roles and fields of HTTP; is
// handed tokens; knows no route.
import { parseAddress } from '../dns/address.ts';
import { splitHostPort } from '../dns/host-port.ts';
import type { Exchange } from '../http/exchange.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Clock } from '../kernel/clock.ts';
import { ROLES, bearerOf } from '../secure/tokens.ts';
import type { Role, Tokens } from '../secure/tokens.ts';

/** Wrong tokens of an address that cost nothing, milliseconds that one more costs at first and at most, and addresses that are kept. */
const FREE = 5, FIRST_WAIT = 1000, LONGEST_WAIT = 60_000, ADDRESSES = 1000;

/** Who is at the other end of a connection. */
export interface Peer {
  /** Its address; '' over a socket of this machine. */
  readonly address: string;
  /** Of its certificate, where an authority that is trusted has signed it. */
  readonly subject: string | undefined;
}
/** Somebody who may do something. */
export interface Who {
  readonly holder: string;
  readonly role: Role;
}
/** How an address lets in. */
export interface AccessSettings {
  /** Whoever reaches a socket of this machine may do all; others need something to show. */
  readonly isSocket: boolean;
  readonly tokens: (() => Tokens) | undefined;
  /** What holders of certificates may do, by the subject or its common name. */
  readonly may: ReadonlyMap<string, Role>;
  /** Names by which the server is asked. */
  readonly hosts: readonly string[];
  /**
   * Where browsers open pages here, also over a socket that somebody leads them to: the SHA-256 of the token with which a session began
   * that a request belongs to.
   */
  readonly pages?: ((exchange: Exchange) => Buffer | undefined) | undefined;
}
const LOCAL: Who = { holder: 'local', role: 'admin' };
const isAtLeast = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted);

/** One address. */
export class Access {
  readonly #settings: AccessSettings;
  readonly #clock: Clock;
  readonly #wrong = new Map<string, { count: number; until: number }>();

  constructor(settings: AccessSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }
  /** Why a request is one of a page of the web that is not ours. */
  foreign(exchange: Exchange, changes: boolean): HttpReply | undefined {
    const { isSocket, pages } = this.#settings;
    if (isSocket && pages === undefined) return undefined;
    const misdirected = this.misdirected(exchange);
    if (misdirected !== undefined) return misdirected;
    const site = exchange.field('sec-fetch-site'), origin = exchange.field('origin');
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return problem(403, 'Another site', `Sec-Fetch-Site is ${site}`);
    if (changes && origin !== undefined && origin.replace(/^https?:\/\//, '') !== exchange.authority) {
      return problem(403, 'Another site', 'Origin is not this server');
    }
    // A cookie comes along whoever sends the request, so whoever did has to be said.
    const isSilent = site !== 'same-origin' && origin === undefined;
    if (changes && isSilent && exchange.field('cookie') !== undefined && exchange.field('authorization') === undefined) {
      return problem(403, 'Another site', 'a session wants Origin or Sec-Fetch-Site');
    }
    return undefined;
  }
  /** Why the name by which the server is asked is none of its own. */
  misdirected(exchange: Exchange): HttpReply | undefined {
    const { hosts } = this.#settings;
    const host = hostOf(exchange.authority);
    // A name that leads here is not one of ours because of that (DNS rebinding): an address is.
    if (host === undefined || !(host === 'localhost' || parseAddress(host) !== undefined || hosts.includes(host))) {
      return problem(421, 'Another host', 'ask by an address, or by a name that stands behind host');
    }
    return undefined;
  }
  /** Who asks, or why he may not do what the role says. */
  check(exchange: Exchange, { address, subject }: Peer, wanted: Role): Who | HttpReply {
    const { isSocket, tokens, may, pages } = this.#settings;
    if (isSocket && tokens === undefined) return LOCAL;
    const named = subject === undefined ? undefined : may.get(subject) ?? may.get(commonName(subject));
    if (named !== undefined) return allowed({ holder: subject!, role: named }, wanted);
    const token = bearerOf(exchange.field('authorization'));
    if (token !== undefined) return this.byToken(token, address, wanted);
    const session = pages?.(exchange);
    const grants = session === undefined ? [] : tokens?.().held(session) ?? [];
    return grants.length === 0 ? unknown('send Authorization: Bearer TOKEN') : allowed(best(grants), wanted);
  }
  /** The same where this token is shown. Wrong ones are counted, and who has many of them waits. */
  byToken(token: string, address: string, wanted: Role): Who | HttpReply {
    const from = networkOf(address);
    const wait = (this.#wrong.get(from)?.until ?? 0) - this.#clock.monotonic();
    if (wait > 0) return { ...problem(429, 'Too many wrong tokens'), headers: { 'Retry-After': String(Math.ceil(wait / 1000)) } };
    const grants = this.#settings.tokens?.().of(token) ?? [];
    if (grants.length === 0) {
      this.#failed(from);
      return unknown('nobody has this token');
    }
    this.#wrong.delete(from);
    return allowed(best(grants), wanted);
  }
  #failed(from: string): void {
    const { count } = this.#wrong.get(from) ?? { count: 0 };
    const wait = count < FREE ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(count - FREE, 10));
    this.#wrong.delete(from);
    this.#wrong.set(from, { count: count + 1, until: this.#clock.monotonic() + wait });
    // Who has been silent for longest is forgotten.
    for (const [oldest] of this.#wrong) if (this.#wrong.size > ADDRESSES) this.#wrong.delete(oldest);
  }
}
/** What lets in to most. */
const best = (grants: readonly Who[]): Who =>
  grants.toSorted((one, other) => ROLES.indexOf(other.role) - ROLES.indexOf(one.role))[0]!;
const allowed = (who: Who, wanted: Role): Who | HttpReply => (isAtLeast(who.role, wanted) ? who
  : { ...problem(403, 'Not allowed', `${who.holder} may ${who.role}, and this is for who may ${wanted}`, { who: who.holder }) });
const unknown = (cure: string): HttpReply => ({ ...problem(401, 'Not known', cure), headers: { 'WWW-Authenticate': 'Bearer' } });
/** Whether it is somebody. */
export const isWho = (checked: Who | HttpReply): checked is Who => 'holder' in checked;

/** The host of `host:port`; undefined where it is none. */
function hostOf(authority: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(authority)) return undefined;
  try {
    const hasPort = /:\d*$/.test(authority) && !authority.endsWith(']');
    return (hasPort ? splitHostPort(authority).host : authority.replace(/^\[|\]$/g, '')).toLowerCase();
  } catch {
    return undefined;
  }
}
/** The common name of a subject as `CN=a,O=b`; '' where it has none. */
export const commonName = (subject: string): string => /(?:^|,)CN=((?:[^,\\]|\\.)*)/.exec(subject)?.[1] ?? '';
/** Of IPv6 the network of a site: whoever has one has all of its addresses. */
const networkOf = (address: string): string => (address.includes('.') ? address : address.split(':').slice(0, 4).join(':'));
