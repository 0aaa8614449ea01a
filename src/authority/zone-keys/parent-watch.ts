// What one zone has to do with its parent: what that shows is asked for in rounds, and handed on; what is wrong with it is said; and the
// parent is told of what it is asked for. Knows states of keys; changes none.
import { latin1Bytes } from '../../dns/latin1.ts';
import type { Name } from '../../dns/name.ts';
import type { PlanRecord } from '../../dnssec/key-plan.ts';
import { isParentAsked } from '../../dnssec/rollover/parent.ts';
import type { Shown } from '../../dnssec/rollover/parent.ts';
import type { ZoneState } from '../../dnssec/rollover/state.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { KeySettings } from './key-settings.ts';
import { ParentRounds } from './parent-rounds.ts';
import { strayed } from './told-waits.ts';

/** The keys of the zone, as they are when this looks. */
export interface WatchedKeys {
  readonly settings: () => KeySettings;
  readonly state: () => ZoneState;
  /** Whether it is for this process to change anything. */
  readonly isHeld: () => boolean;
  /** DNSKEY records of others who sign the zone. */
  readonly others: () => readonly PlanRecord[];
  readonly take: (shown: Shown) => Promise<void>;
}

/** The parent of one zone. */
export class ParentWatch {
  readonly #zone: Name;
  readonly #owner: Uint8Array;
  readonly #log: Log;
  readonly #keys: WatchedKeys;
  readonly #rounds: ParentRounds;
  /** What is wrong with what it showed last; empty where nothing is. */
  trouble = '';

  constructor(zone: Name, clock: Clock, log: Log, keys: WatchedKeys) {
    this.#zone = zone;
    this.#owner = latin1Bytes(zone.key);
    this.#log = log;
    this.#keys = keys;
    this.#rounds = new ParentRounds(clock, () => this.#ask());
  }
  begin(): void {
    this.#rounds.begin();
  }
  end(): void {
    this.#rounds.end();
  }
  /** The zone is published with what it asks its parent for now. */
  tell(): void {
    void this.#keys.settings().parent?.changed(this.#zone)?.then((text) => this.#log.info(`zone ${this.#zone.text}: ${text}`));
  }

  /** One round; says for how long what the parent has may be kept; undefined where nobody said anything. */
  async #ask(): Promise<number | undefined> {
    const { settings, state, isHeld, take } = this.#keys;
    const { parent, policy } = settings();
    const ttl = (): number => state().dsTtl.value || policy.parentTtl;
    if (parent === undefined || !isHeld() || !isParentAsked(state())) {
      this.trouble = '';
      return ttl();
    }
    const shown = await parent.shown(this.#zone);
    this.#doubt(shown);
    await take(shown);
    return shown.every((one) => one === undefined) ? undefined : ttl();
  }
  /** Where the parent has the DS of keys that are lost, validators believe nothing of the zone. */
  #doubt(shown: Shown): void {
    const { settings, state, others } = this.#keys;
    const text = strayed(this.#zone, this.#owner, [...state().keys, ...others()], shown, settings().folder);
    if (text !== '' && text !== this.trouble) this.#log.error(text);
    this.trouble = text;
  }
}
