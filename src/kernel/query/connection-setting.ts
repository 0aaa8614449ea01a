// How many connections a listener takes from whom, and what happens near its limit; how blocks that share an address agree on
// it. Knows the rule; knows no socket.
import { ListenerSetting, placeOf } from './listener-setting.ts';
import type { Line, ListenerSettings, SharedAddress, SharingBlock } from './listener-setting.ts';

/** What holds for a listener. */
export interface ConnectionRules {
  /** Connections of one prefix of addresses; undefined: half of what there may be, once there are nearly as many as there may be. */
  readonly perClient: number | undefined;
  /** Bits of the prefixes. */
  readonly bits4: number;
  readonly bits6: number;
  /** Handshakes that are under way at a time. */
  readonly handshakes: number;
  /** From this part of the connections that there may be on, room is made early and newcomers have one question. */
  readonly overload: number;
}
/** What a block says. */
export interface ConnectionsSaid {
  readonly at: Line;
  readonly rules: ConnectionRules;
}
/** Why a connection was cut: its client has too many; its handshake took too long while others waited; room was made near the limit, or at
 * it. */
export type CutReason = 'per_client' | 'handshakes' | 'overload' | 'room';

/** Where no block says anything. */
export const DEFAULT_CONNECTIONS: ConnectionRules = { perClient: undefined, bits4: 24, bits6: 56, handshakes: 256, overload: 0.9 };

/** Where `connections` puts it. It protects: blocks that share an address have to say the same. */
export const ConnectionSetting = new ListenerSetting<ConnectionsSaid, ConnectionRules>('connections', join);
/** What holds for a listener with these settings. */
export const connectionRules = (settings: Pick<ListenerSettings, 'get'>): ConnectionRules =>
  settings.get(ConnectionSetting) ?? DEFAULT_CONNECTIONS;

function join(blocks: readonly SharingBlock<ConnectionsSaid>[], { label, warn }: SharedAddress): ConnectionRules {
  const all = blocks.flatMap(({ said }) => (said === undefined ? [] : [said]));
  const first = all[0]!;
  for (const other of all) {
    if (JSON.stringify(first.rules) === JSON.stringify(other.rules)) continue;
    throw new Error(`conflicting connections for shared listener ${label}: ${placeOf(first.at)} and ${placeOf(other.at)}`);
  }
  if (all.length < blocks.length) warn(`connections of ${placeOf(first.at)} counts for all blocks that share ${label}`);
  return first.rules;
}
