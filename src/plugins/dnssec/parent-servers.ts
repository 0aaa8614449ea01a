// The servers of a zone's parent, and what each of them has of its DS: those that are named, or those that the parent's NS records name.
// Knows questions and answers; knows nothing of keys.
import { readFileSync } from 'node:fs';
import type { Parent } from '../../authority/zone-keys/parent-rounds.ts';
import { printAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { AA } from '../../dns/parts.ts';
import { PORT } from '../../dns/port.ts';
import type { Parts } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { NS } from '../../dns/types.ts';
import type { Shown, ShownDelegation } from '../../dnssec/rollover/parent.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DatagramPeer } from '../../upstream/datagrams.ts';
import { nameservers } from '../../upstream/resolv-conf.ts';
import { askParent } from './parent-exchange.ts';
import { notifyOf } from './parent-notify.ts';

/** Servers of a parent that are asked at most, and addresses of one. */
const MOST = 32, ADDRESSES = 4;

/** How a parent is found. */
export interface ParentLines {
  /** Its servers; those of its NS records where there are none. */
  readonly servers: readonly DatagramPeer[];
  /** Servers that resolve names; those of the machine where there are none. */
  readonly resolvers: readonly DatagramPeer[];
  /** Whether it is told of what zones ask of it (RFC 9859). */
  readonly notifies?: boolean;
}

/** The parents of a block's zones. */
export class ParentServers implements Parent {
  readonly #lines: ParentLines;
  readonly #clock: Clock;
  readonly #port: number;
  /** The last time that a zone had something to say, by its key. */
  readonly #rounds = new Map<string, object>();

  /** `port` is that of servers of which an address alone is known. */
  constructor(lines: ParentLines, clock: Clock = systemClock, port: number = PORT.dns) {
    this.#lines = lines;
    this.#clock = clock;
    this.#port = port;
  }

  /** A server is what has one name: an answer of one of its addresses is its answer. */
  async shown(zone: Name): Promise<Shown> {
    const { servers } = this.#lines;
    const all = servers.length > 0 ? servers.map((one) => [one]) : await this.#servers(zone);
    // Nobody to ask is one who is silent.
    return all.length === 0 ? [undefined] : Promise.all(all.map((peers) => this.#shownBy(peers, zone)));
  }
  /** The last one of a zone counts: an earlier one that goes on trying ends. */
  changed(zone: Name): Promise<string> | undefined {
    if (!this.#lines.notifies) return undefined;
    const round = {};
    this.#rounds.set(zone.key, round);
    const resolving = { ask: (name: Name, type: number) => this.#reply(name, type), addresses: (name: Name) => this.#addresses(name) };
    return notifyOf(zone, resolving, this.#clock, () => this.#rounds.get(zone.key) !== round);
  }

  async #shownBy(peers: readonly DatagramPeer[], zone: Name): Promise<ShownDelegation | undefined> {
    for (const peer of peers) {
      const reply = await askParent(peer, { name: zone, type: TYPE.DS, recursion: false }, this.#clock);
      if (reply === undefined || (reply.flags & AA) === 0 || reply.rcode !== RCODE.NOERROR) continue;
      const ds = reply.answer.filter(({ name, type }) => type === TYPE.DS && name.equals(zone));
      return { ds: ds.map(({ rdata }) => rdata), ttl: Math.max(0, ...ds.map(({ ttl }) => ttl)) };
    }
    return undefined;
  }
  /** The addresses of each server of the zone above. */
  async #servers(zone: Name): Promise<DatagramPeer[][]> {
    for (let above = zone.parent; above !== undefined; above = above.parent) {
      const names = await this.#resolved(above, TYPE.NS);
      if (names === undefined) return [];
      if (names.length === 0) continue;
      return Promise.all(names.slice(0, MOST).map(({ rdata }) => this.#addresses(Name.parse(NS.values(rdata).host.text))));
    }
    return [];
  }
  async #addresses(name: Name): Promise<DatagramPeer[]> {
    const found = await Promise.all([TYPE.A, TYPE.AAAA].map((type) => this.#resolved(name, type)));
    const addresses = found.flatMap((records) => records ?? []).slice(0, ADDRESSES);
    return addresses.map(({ rdata }) => ({ address: printAddress(rdata), port: this.#port }));
  }
  /** The records of a name, none where it has none; undefined where nobody says. */
  async #resolved(name: Name, type: number): Promise<RR[] | undefined> {
    const reply = await this.#reply(name, type);
    return reply?.answer.filter((one) => one.type === type && (type !== TYPE.NS || one.name.equals(name)));
  }
  /** What the first says who says anything of use. */
  async #reply(name: Name, type: number): Promise<Parts | undefined> {
    for (const peer of this.#resolvers()) {
      const reply = await askParent(peer, { name, type, recursion: true }, this.#clock);
      if (reply?.rcode === RCODE.NOERROR || reply?.rcode === RCODE.NXDOMAIN) return reply;
    }
    return undefined;
  }
  #resolvers(): readonly DatagramPeer[] {
    if (this.#lines.resolvers.length > 0) return this.#lines.resolvers;
    try {
      return nameservers(readFileSync('/etc/resolv.conf', 'latin1')).map((address) => ({ address, port: this.#port }));
    } catch {
      return [];
    }
  }
}
