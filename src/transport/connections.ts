// The connections of a thread's listeners: how many there may be, how much they may hold, and who makes room for whom. Knows numbers
// and the interface of a connection; knows no socket.
import { LISTENERS } from './ledger.ts';
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
  /** Lets go of what it holds and closes at once. */
  drop(): void;
}

/** What may be set: files that the process may open, and connections of a listener. */
export interface ConnectionLimits {
  readonly files?: number;
  readonly connections?: number;
}

const yields = (one: Tenant, other: Tenant): boolean => (one.claim === other.claim ? one.since < other.since : one.claim < other.claim);

/** All connections of one thread. */
export class Connections {
  readonly ledger: Ledger;
  readonly #limits: Required<ConnectionLimits>;
  readonly #all = new Set<Tenant>();
  readonly #holders: readonly Set<Tenant>[] = MOST_HELD.map(() => new Set());
  /** Where the last search for somebody idle ended. */
  #next = this.#all.values();

  constructor(ledger: Ledger, { files = Infinity, connections = MOST }: ConnectionLimits = {}) {
    this.ledger = ledger;
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

  /** Before one is added: whoever has been idle for longest makes room, never the newcomer. */
  makeRoom(): void {
    for (const { most } = this; this.#all.size >= most;) {
      const first = this.#idlest();
      if (first === undefined) return;
      this.#all.delete(first);
      first.drop();
    }
  }
  #idlest(): Tenant | undefined {
    let first: Tenant | undefined;
    for (let looked = 0; looked < Math.min(LOOKED_AT, this.#all.size); looked++) {
      let { value } = this.#next.next();
      if (value === undefined) ({ value } = (this.#next = this.#all.values()).next());
      if (value !== undefined && (first === undefined || yields(value, first))) first = value;
    }
    return first;
  }
  add(one: Tenant): void {
    this.#all.add(one);
  }
  remove(one: Tenant): void {
    this.#all.delete(one);
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
