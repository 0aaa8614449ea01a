// Which keys a zone has that are its own: read, or made where there are none. Knows the folder of keys; knows nothing of versions. Main's.
import type { Name } from '../../dns/name.ts';
import { steadyPlan } from '../../dnssec/key-plan.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import { keysOfTexts, ownKeys } from '../zone-keys/own-keys.ts';

/** Says which keys do what. */
export interface Plans {
  /** The plan of now. Rejects with a text for people. */
  current(): KeyPlan | Promise<KeyPlan>;
}

/** The plan of a zone of one key, which stays. `now` in seconds since 1970; `warn` hears of what others can read. */
export async function openPlans(folder: string, zone: Name, now: number, warn: (text: string) => void): Promise<Plans> {
  const plan = steadyPlan(zone, keysOfTexts(await ownKeys(folder, [zone], now, warn)));
  return { current: () => plan };
}
