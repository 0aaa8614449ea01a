// A zone and the servers that are said to have it, as far as their addresses are known. Knows names and addresses; knows no cache.
import type { Name } from '../dns/name.ts';
import type { ServerAddress } from './settings.ts';

/** A server of a delegation. */
export interface NamedServer {
  readonly name: Name;
  readonly addresses: ServerAddress[];
  /** Which of its addresses were looked up, whatever came of it. */
  hasLooked: boolean;
}

/** Where a delegation was learnt. */
export type DelegationSource = 'hints' | 'stub' | 'forward' | 'zone' | 'parent' | 'child';

/** A delegation. */
export class Delegation {
  readonly zone: Name;
  readonly source: DelegationSource;
  readonly servers: readonly NamedServer[];
  /** Servers that are given by their address alone. */
  readonly addresses: readonly ServerAddress[];
  /** Asked over TCP alone. */
  readonly tcp: boolean;
  /** Milliseconds of the clock until when it is one. */
  readonly until: number;
  /** What its servers answer is kept. */
  readonly keeps: boolean;
  /** Its servers resolve by themselves. */
  get recursive(): boolean {
    return this.source === 'forward';
  }

  constructor(zone: Name, source: DelegationSource, servers: readonly NamedServer[], addresses: readonly ServerAddress[] = [], tcp = false,
    until = Infinity, keeps = true) {
    this.zone = zone;
    this.source = source;
    this.servers = servers;
    this.addresses = addresses;
    this.tcp = tcp;
    this.until = until;
    this.keeps = keeps;
  }
  /** Its servers were named by the owner of this one, who may also say that they are of no use. */
  get isGiven(): boolean {
    return this.source === 'stub' || this.source === 'forward' || this.source === 'zone';
  }
  /** All addresses that are known. */
  known(): readonly ServerAddress[] {
    const [one, more] = this.servers;
    if (one === undefined) return this.addresses;
    if (more === undefined && this.addresses.length === 0) return one.addresses;
    return [...this.addresses, ...this.servers.flatMap(({ addresses }) => addresses)];
  }
  /** Nobody can find its servers without it: all their names lie in the zone, and no address is known (RFC 1034 section 4.2.1). */
  get isUseless(): boolean {
    return this.addresses.length === 0 && this.servers.every(({ name, addresses }) => addresses.length === 0 && name.isUnder(this.zone));
  }
}
