// Whose word counts on who asks, where a proxy stands before a listener (PP-1), and how blocks that share an address agree on it. Knows
// the rule; knows no header.
import type { CIDR } from '../../dns/address.ts';
import { liesInPrefix } from '../../dns/address.ts';
import { ListenerSetting, placeOf } from './listener-setting.ts';
import type { Line, SharedAddress, SharingBlock } from './listener-setting.ts';

/** What is done with the header of a sender: its addresses count, or do not, or it costs the connection, or it is not looked for. */
export type ProxyPolicy = 'use' | 'ignore' | 'reject' | 'skip';
/** Why a connection or a datagram was given up. */
export type ProxyRefusal = 'malformed' | 'cut' | 'nested' | 'rejected';

/** What a block says. */
export interface ProxyRules {
  readonly at: Line;
  /** The networks of proxies. */
  readonly allow: readonly CIDR[];
  /** For everybody else. */
  readonly others: ProxyPolicy;
  /** How long the client of a datagram is remembered, milliseconds, and how many are; 0 is not at all. */
  readonly kept: number;
  readonly sessions: number;
  /** Counts it, and says who it was. */
  refused(why: ProxyRefusal, peer: string): void;
}

/** The policy for a sender, by `length` octets of its address at `at`, IPv4-mapped ones as IPv4. */
export function policyFor({ allow, others }: ProxyRules, bytes: Uint8Array, at: number, length: number): ProxyPolicy {
  for (const { network, bits } of allow) if (network.length === length && liesInPrefix(bytes, at, length, network, bits)) return 'use';
  return others;
}

/** Where `proxyproto` puts it. Whose word counts protects: blocks that share an address have to say the same. */
export const ProxySetting = new ListenerSetting<ProxyRules, ProxyRules>('proxyproto', join);

/** The same for rules that mean the same. */
export const proxyInWords = ({ allow, others, kept, sessions }: ProxyRules): string =>
  `${allow.map(({ network, bits }) => `${network.join('.')}/${bits}`).sort().join(' ')} ${others} ${kept} ${sessions}`;

/** Two that have to say the same, and do not. */
export const differs = (one: ProxyRules, other: ProxyRules, where: string): Error =>
  new Error(`conflicting proxyproto for ${where}: ${placeOf(one.at)} and ${placeOf(other.at)}`);

function join(blocks: readonly SharingBlock<ProxyRules>[], { label, warn }: SharedAddress): ProxyRules {
  const all = blocks.flatMap(({ said }) => (said === undefined ? [] : [said]));
  const first = all[0]!;
  for (const other of all) {
    if (proxyInWords(first) !== proxyInWords(other)) throw differs(first, other, `shared listener ${label}`);
  }
  if (all.length < blocks.length) warn(`proxyproto of ${placeOf(first.at)} counts for all blocks that share ${label}`);
  return first;
}
