// How the keys of zones are kept, as a configuration says it. Knows words' meanings; opens nothing.
import type { Name } from '../../dns/name.ts';
import type { KeyPolicy } from '../../dnssec/rollover/wishes.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Parent } from './parent-rounds.ts';

/** How keys are kept. */
export interface KeySettings {
  readonly folder: string;
  readonly policy: KeyPolicy;
  /** The file with keys of others who sign the zone. */
  readonly foreign: string | undefined;
  /** The names of the zone's servers below which its keys are told (RFC 9615). */
  readonly servers: readonly Name[];
  readonly parent: Parent | undefined;
}
/** What keys need of their process. */
export interface KeyRun {
  readonly clock: Clock;
  readonly log: Log;
}

const HOUR = 3600, DAY = 24 * HOUR;
/** A CSK of P-256 that stays until somebody orders another one; times are in seconds. */
export const USUAL_POLICY: KeyPolicy = {
  roles: ['csk'], algorithm: 13, bits: undefined, ttl: HOUR, propagation: HOUR, parentPropagation: DAY, parentTtl: DAY,
    lifetimes: new Map(),
};
/** What a folder alone says. */
export const usualSettings = (folder: string): KeySettings => ({
  folder, policy: USUAL_POLICY, foreign: undefined, servers: [], parent: undefined,
});
/** What settings say, for telling whether they changed. */
export const wordsOf = ({ policy, foreign, servers }: KeySettings): string =>
  JSON.stringify([{ ...policy, lifetimes: [...policy.lifetimes] }, foreign, servers.map(({ text }) => text)]);
