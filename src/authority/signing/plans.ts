// Which keys a zone has that are its own, as whoever signs sees them. Knows who keeps them; knows nothing of versions. Main's.
import type { Name } from '../../dns/name.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import type { KeyRun, KeySettings } from '../zone-keys/key-settings.ts';
import { RollingKeys } from '../zone-keys/rolling-keys.ts';

/** Says which keys of a zone do what, and hears of what was published. */
export interface Plans {
  /** The plan of now: another object where it is another one. */
  readonly plan: KeyPlan;
  /** Calls whenever there is another plan; returns what ends that. */
  listen(call: () => void): () => void;
  /** A version with this greatest TTL is about to be published. Resolves when that is known for good. */
  foresee(mostTtl: number): void | Promise<void>;
  /** A version that the plan with this stamp made is published, in every thread. */
  published(stamp: number, mostTtl: number): void | Promise<void>;
  close(): void;
}

/** The plans of a zone's keys, which are found or made. Rejects with a text for people. */
export const openPlans = (run: KeyRun, zone: Name, settings: KeySettings): Promise<Plans> => RollingKeys.open(run, zone, settings);
