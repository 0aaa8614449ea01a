// Which keys a zone has that are its own: read, or made where there are none. Knows the folder of keys; knows nothing of versions. Main's.
import type { Name } from '../../dns/name.ts';
import { steadyPlan } from '../../dnssec/key-plan.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import { keysOfTexts, ownKeys } from '../zone-keys/own-keys.ts';

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

/** The plan of a zone of one key, which stays. `now` in seconds since 1970; `warn` hears of what others can read. */
export async function openPlans(folder: string, zone: Name, now: number, warn: (text: string) => void): Promise<Plans> {
  const plan = steadyPlan(zone, keysOfTexts(await ownKeys(folder, [zone], now, warn)));
  return { plan, listen: () => () => {}, foresee() {}, published() {}, close() {} };
}
