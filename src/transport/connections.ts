// The connections of a thread's listeners: how many there may be, how much they may hold, and who makes room for whom. Knows numbers
// and the interface of a connection; knows no socket.
import { DEFAULT_CONNECTIONS } from '../kernel/query/connection-setting.ts';
import type { ConnectionRules, CutReason } from '../kernel/query/connection-setting.ts';
import { maskAddress, parseAddress } from '../dns/address.ts';
import { latin1 } from '../dns/latin1.ts';
import { Handshakes } from './handshakes.ts';
import { LISTENERS, OPEN } from './ledger.ts';
import type { Ledger } from './ledger.ts';

/** Files that are left for everything that is no client: upstreams, listeners, logs, configuration. */
const KEPT_FREE = 64;
/** Connections of a listener, whatever the process may open. */
const MOST = 10_000;
/** Bytes that connections of the process may hold of each kind (UNFINISHED, UNREAD): with more, who has held some for longest is closed. */
const MOST_HELD: readonly number[] = [0, 16 << 20, 64 << 20];
/** Connections that are looked at for one that makes room: enough to find one that has been idle for long. */
const LOOKED_AT = 64;

/** A connection as others see it. */
export interface Tenant {
  /** What it has to lose: 0 who never asked anything, 1 who waits for nothing, 2 who waits for answers. The lowest makes room first. */
  readonly claim: number;
  /** Since when it has been idle, milliseconds: of those with the same claim, who has been so for longest. */
  readonly since: number;
  /** Its server, which is told why it was cut. */
  readonly service?: { cut?(reason: CutReason, client: string): void };
  /** Lets go of what it holds and closes at once. */
  drop(): void;
}
/** What a tenant is known by: the prefix of its client. */
interface Origin {
  readonly key: string;
  readonly client: string;
}
const NOBODY: Origin = { key: '', client: '' };

/** What may be set: files that the process may open, and connections of a listener. */
export interface ConnectionLimits {
  readonly files?: number;
  readonly connections?: number;
}

const yields = (one: Tenant, other: Tenant): boolean => (one.claim === other.claim ? one.since < other.since : one.claim < other.claim);

/** All connections of one thread. */
export class Connections {
  readonly ledger: Ledger;
  readonly handshakes: Handshakes;
  readonly #limits: Required<ConnectionLimits>;
  readonly #all = new Map<Tenant, Origin>();
  readonly #clients = new Map<string, Set<Tenant>>();
  readonly #holders: readonly Set<Tenant>[] = MOST_HELD.map(() => new Set());
  /** Where the last search for somebody idle ended. */
  #next = this.#all.keys();

  constructor(ledger: Ledger, { files = Infinity, connections = MOST }: ConnectionLimits = {}) {
    this.ledger = ledger;
    this.handshakes = new Handshakes(ledger);
    this.#limits = { files, connections };
  }

  get count(): number {
    return this.#all.size;
  }
  /** How many this thread may have: its listeners' part of the files that are left for clients. */
  get most(): number {
    const mine = this.ledger.mine(LISTENERS);
    const share = Math.floor((Math.max(1, this.#limits.files - KEPT_FREE) * mine) / Math.max(1, this.ledger.total(LISTENERS)));
    return Math.max(1, Math.min(this.#limits.connections * Math.max(1, mine), share));
  }

  /**
   * Before one is added: whoever has been idle for longest makes room, never the newcomer. Near the limit somebody makes it early who waits
   * for nothing.
   */
  makeRoom({ overload }: ConnectionRules = DEFAULT_CONNECTIONS): void {
    for (const { most } = this; this.#all.size >= most;) {
      const first = this.#idlest();
      if (first === undefined) return;
      this.#cut(first, 'room');
    }
    const idle = this.isNear(overload) ? this.#idlest() : undefined;
    if (idle !== undefined && idle.claim < 2) this.#cut(idle, 'overload');
  }
  /** Whether there are nearly as many as there may be. */
  isNear(overload: number): boolean {
    return this.#all.size >= Math.ceil(this.most * overload);
  }
  /**
   * Makes room for another one of this client. Where it has as many as it may, that of its own which has waited for nothing for longest
   * makes it; where all of them wait for answers there is none, and the answer is false.
   */
  admits(client: string, rules: ConnectionRules = DEFAULT_CONNECTIONS): boolean {
    const most = rules.perClient ?? (this.isNear(rules.overload) ? Math.max(1, this.most >> 1) : Infinity);
    const key = most === Infinity ? '' : prefixOf(client, rules);
    const mine = this.#clients.get(key);
    const count = key === '' ? 0 : (mine?.size ?? 0) + this.ledger.clients.elsewhere(key);
    if (count < most) this.makeRoom(rules);
    else {
      const first = mine === undefined ? undefined : idlestOf(mine);
      if (first === undefined || first.claim === 2) return false;
      this.#cut(first, 'per_client');
    }
    return true;
  }
  /** Cuts one, and says so. */
  #cut(one: Tenant, reason: CutReason): void {
    one.service?.cut?.(reason, this.#all.get(one)?.client ?? '');
    this.remove(one);
    one.drop();
  }
  #idlest(): Tenant | undefined {
    let first: Tenant | undefined;
    for (let looked = 0; looked < Math.min(LOOKED_AT, this.#all.size); looked++) {
      let { value } = this.#next.next();
      if (value === undefined) ({ value } = (this.#next = this.#all.keys()).next());
      if (value !== undefined && (first === undefined || yields(value, first))) first = value;
    }
    return first;
  }
  /** Adds one of this client, whose prefix the rules make. */
  add(one: Tenant, client = '', rules: ConnectionRules = DEFAULT_CONNECTIONS): void {
    const key = client === '' ? '' : prefixOf(client, rules);
    this.#all.set(one, key === '' ? NOBODY : { key, client });
    this.ledger.add(OPEN, 1);
    if (key === '') return;
    const mine = this.#clients.get(key);
    if (mine === undefined) this.#clients.set(key, new Set([one]));
    else mine.add(one);
    this.ledger.clients.add(key, 1);
  }
  remove(one: Tenant): void {
    const origin = this.#all.get(one);
    if (origin === undefined) return;
    this.#all.delete(one);
    this.ledger.add(OPEN, -1);
    const mine = this.#clients.get(origin.key);
    if (mine === undefined) return;
    mine.delete(one);
    if (mine.size === 0) this.#clients.delete(origin.key);
    this.ledger.clients.add(origin.key, -1);
  }

  /** Says that a connection holds so many bytes of a kind, and how many it held before. */
  hold(one: Tenant, kind: number, bytes: number, before: number): void {
    const holders = this.#holders[kind]!;
    if (bytes === 0) holders.delete(one);
    else holders.add(one);
    this.ledger.add(kind, bytes - before);
    if (bytes <= before) return;
    while (this.ledger.total(kind) > MOST_HELD[kind]! && holders.size > 0) {
      const [oldest] = holders;
      holders.delete(oldest!);
      oldest!.drop();
    }
  }
}

/** Of the first few, who has been idle for longest: those are the oldest. */
function idlestOf(all: ReadonlySet<Tenant>): Tenant | undefined {
  let first: Tenant | undefined;
  let looked = 0;
  for (const one of all) {
    if (first === undefined || yields(one, first)) first = one;
    if (++looked === LOOKED_AT) break;
  }
  return first;
}
/** The prefix of a client's address; '' of what is no address. IPv4-mapped ones count as IPv4. */
function prefixOf(client: string, { bits4, bits6 }: ConnectionRules): string {
  const address = parseAddress(client.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, ''));
  if (address === undefined) return '';
  const masked = maskAddress(address, address.length === 4 ? bits4 : bits6);
  return latin1(masked, 0, masked.length);
}
