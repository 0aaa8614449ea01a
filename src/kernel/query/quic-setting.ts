// What blocks say of the QUIC that they are asked over, and how several blocks of one address are joined: the last one counts, as in
// CoreDNS. Knows the rule; knows no QUIC.
import { ListenerSetting, placeOf } from './listener-setting.ts';
import type { Line, SharedAddress, SharingBlock } from './listener-setting.ts';

/** What holds for an address. */
export interface QuicLimits {
  /** Connections of the address; 0 is without a limit. */
  readonly connections: number;
  /** Questions at once of one connection. */
  readonly streams: number;
  /** Questions of the address that wait for their answers. */
  readonly workers: number;
}
/** One block's word. */
export interface QuicSaid extends Partial<QuicLimits> {
  readonly at: Line;
}
/** Where no block says anything (TR-6). */
export const DEFAULT_QUIC: QuicLimits = { connections: 200, streams: 256, workers: 1024 };

/** Where `quic` puts it. */
export const QuicSetting = new ListenerSetting<QuicSaid, QuicLimits>('quic', join);

const WORDS = { connections: 'max_connections', streams: 'max_streams', workers: 'worker_pool_size' } as const;

function join(blocks: readonly SharingBlock<QuicSaid>[], address: SharedAddress): QuicLimits | undefined {
  if (address.scheme !== 'quic') return undefined;
  const one = (key: keyof typeof WORDS): number => {
    let found: { readonly value: number; readonly at: Line } | undefined;
    for (const { said } of blocks) {
      const value = said?.[key];
      if (said === undefined || value === undefined) continue;
      if (found !== undefined && found.value !== value) {
        const where = `${placeOf(found.at)} and ${placeOf(said.at)}`;
        address.warn(`${WORDS[key]} differs for blocks that share ${address.label}: ${where}: the last one counts`);
      }
      found = { value, at: said.at };
    }
    return found?.value ?? DEFAULT_QUIC[key];
  };
  return { connections: one('connections'), streams: one('streams'), workers: one('workers') };
}
