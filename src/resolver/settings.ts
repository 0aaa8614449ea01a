// What a resolver is told: where it begins, whom it asks for which zone, what it believes and how much it may ask. Knows values; knows no
// file that says them.
import { printAddress } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import type { EdnsOption } from '../dns/opt.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { PrivateAddresses } from './private-addresses.ts';

/** A server's address, as sockets take it. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

/** A zone whose servers are given rather than found. */
export interface GivenZone {
  readonly zone: Name;
  /**
   * `stub` servers are authoritative and asked without RD; `forward` ones resolve by themselves; a `zone` is this server's own, asked as if
   * it was one of the world, before all others.
   */
  readonly kind: 'stub' | 'forward' | 'zone';
  readonly addresses: readonly ServerAddress[];
  /** Servers by name; looked up when they are needed. */
  readonly names: readonly Name[];
  /** Where all of them fail, the zone is resolved as if nothing was said. */
  readonly first: boolean;
  /** The servers are asked which are the zone's (RFC 9609), as those of the root always are. */
  readonly prime: boolean;
  /** Asked over TCP alone. */
  readonly tcp: boolean;
  /** What they answer is kept. */
  readonly keeps: boolean;
}

/** How long what is over is kept for hard times, and how it is answered. */
export interface StaleSettings {
  /** Milliseconds after its end. */
  readonly keep: number;
  /** Milliseconds that a client waits for something newer; 0: what is over is answered at once, and asked for meanwhile. */
  readonly after: number;
  /** Seconds that it may be kept by the client. */
  readonly ttl: number;
}

/** Everything that a resolver is told; times are milliseconds. */
export interface ResolverSettings {
  readonly given: readonly GivenZone[];
  /** QNAME minimisation (RFC 9156): `strict` never goes back to the whole name. */
  readonly minimise: 'off' | 'on' | 'strict';
  /** Addresses of servers count where they stand beside a referral, whatever zone they are of. */
  readonly anyGlue: boolean;
  /** The servers that an answer names beside it are those of its zone, though nobody asked for them (CVE-2025-11411). */
  readonly promiscuous: boolean;
  /** Addresses beside a referral count only where they are of the zone itself; others are looked up first. */
  readonly verifiesGlue: boolean;
  /** Servers of a zone that count (CVE-2020-12662). */
  readonly mostServers: number;
  /** Nothing exists below a name that does not (RFC 8020). */
  readonly hardenBelowNxdomain: boolean;
  /** Addresses that are no answer for public names. */
  readonly private: PrivateAddresses;
  /** Addresses that no server is asked at. */
  readonly refused: (address: string) => boolean;
  /** IPv4 addresses of servers are asked at those of IPv6 that a translator has for them (RFC 6052); undefined: as they are. */
  readonly translated: ((address: string) => string) | undefined;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** The machine knows no way by IPv6 yet: servers are asked so when one of the root's answered so. */
  readonly doubtsIpv6: boolean;
  /** Seconds: no TTL is longer, no TTL of a denial is. */
  readonly mostTtl: number;
  readonly mostNegativeTtl: number;
  readonly leastTtl: number;
  readonly leastNegativeTtl: number;
  /** Clients are told the TTL as it came, not what is left of it. */
  readonly originalTtl: boolean;
  /** What one question of a client may cost: questions sent, aliases followed, names of servers looked up. */
  readonly mostQuestions: number;
  readonly mostAliases: number;
  readonly mostServerNames: number;
  /** How deep names of servers may lie below one another: a server whose name is below a server whose name is below ... */
  readonly mostDepth: number;
  /** Milliseconds until a client is answered, and until nobody goes on asking for what it wanted. */
  readonly patience: number;
  readonly mostTime: number;
  /** How often a server is asked the same. */
  readonly tries: number;
  /** Options of EDNS for a server. */
  readonly optionsFor: (address: string) => readonly EdnsOption[];
  /** Octets of a UDP reply that are offered (RFC 9715). */
  readonly udpSize: number;
  readonly tcpOnly: boolean;
  /** What is bogus is told to whom the zone's servers name (RFC 9567). */
  readonly reports: boolean;
  /** Questions have cookies (RFC 7873), and names in mixed letters (0x20). */
  readonly cookies: boolean;
  readonly mixed: boolean;
  /** Servers are asked for signatures (DO): without them nothing can be validated. */
  readonly dnssecOk: boolean;
  /** What is over may be answered where nothing newer can be had (RFC 8767); undefined: never. */
  readonly stale: StaleSettings | undefined;
  /** What is asked for near its end is asked for again meanwhile. */
  readonly prefetch: boolean;
  /** Octets of records that are kept. */
  readonly cacheBytes: number;
  /** Names and addresses of the root's servers to begin with. */
  readonly hints: readonly RootServer[];
}

/** How many octets of records can be kept at least and at most: all threads have a gigabyte for all that they share. */
export const keptOctets = (wanted: number): number => Math.max(1 << 20, Math.min(wanted, 1 << 29));

/** A server of the root. */
export interface RootServer {
  readonly name: Name;
  readonly addresses: readonly string[];
}

/** The servers of the root that records name. */
export function rootServersFrom(records: readonly RR[]): RootServer[] {
  const names = records.filter(({ type }) => type === TYPE.NS).map(({ rdata }) => Name.read(rdata, 0));
  const addresses = records.filter(({ type }) => type === TYPE.A || type === TYPE.AAAA);
  return names.map((name) => ({ name, addresses: addresses.filter((rr) => rr.name.equals(name)).map(({ rdata }) => printAddress(rdata)) }));
}
/** Names and addresses of the root's servers (IANA), to begin with. */
export const ROOT_HINTS: readonly RootServer[] = [
  ['a', '198.41.0.4', '2001:503:ba3e::2:30'], ['b', '170.247.170.2', '2801:1b8:10::b'], ['c', '192.33.4.12', '2001:500:2::c'],
  ['d', '199.7.91.13', '2001:500:2d::d'], ['e', '192.203.230.10', '2001:500:a8::e'], ['f', '192.5.5.241', '2001:500:2f::f'],
  ['g', '192.112.36.4', '2001:500:12::d0d'], ['h', '198.97.190.53', '2001:500:1::53'], ['i', '192.36.148.17', '2001:7fe::53'],
  ['j', '192.58.128.30', '2001:503:c27::2:30'], ['k', '193.0.14.129', '2001:7fd::1'], ['l', '199.7.83.42', '2001:500:9f::42'],
  ['m', '202.12.27.33', '2001:dc3::35'],
].map(([letter, ...addresses]) => ({ name: Name.parse(`${letter}.root-servers.net.`), addresses }));

/** What is meant where nothing is said. */
export const DEFAULTS: ResolverSettings = {
  given: [], minimise: 'on', anyGlue: false, promiscuous: false, verifiesGlue: false, mostServers: 20, hardenBelowNxdomain: true,
  private: new PrivateAddresses([], []), refused: () => false, ipv4: true, ipv6: true, doubtsIpv6: false,
  mostTtl: 86400, mostNegativeTtl: 3600, leastTtl: 0, leastNegativeTtl: 0, originalTtl: false,
  mostQuestions: 60, mostAliases: 11, mostServerNames: 6, mostDepth: 6,
  patience: 4000, mostTime: 12_000, tries: 3,
  optionsFor: () => [], translated: undefined, udpSize: 1232,
  tcpOnly: false, cookies: true, mixed: false, reports: true, dnssecOk: true, stale: undefined, prefetch: false, cacheBytes: 1 << 26,
  hints: ROOT_HINTS,
};
