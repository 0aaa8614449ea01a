// `dnssec { auto }`: tells whoever has whole zones in its block how they are signed before they are served. Knows which zones; signs
// nothing.
import { SignableZones, ZoneSigning } from '../../authority/signing/settings.ts';
import type { SigningSettings } from '../../authority/signing/settings.ts';
import { keyFaults } from '../../authority/zone-keys/key-faults.ts';
import { KeyFolder } from '../../authority/zone-keys/key-folder.ts';
import { RollingKeys } from '../../authority/zone-keys/rolling-keys.ts';
import { pluginError } from '../../corefile/error.ts';
import type { Name } from '../../dns/name.ts';
import { keyFileStem } from '../../dnssec/key-file.ts';
import type { Clock } from '../../kernel/clock.ts';
import { gauge } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Zones } from '../../kernel/site/zones.ts';

/** When those zones whose keys wait for their parent began to. */
export const WAITING = gauge('coredns_dnssec_parent_awaited_timestamp_seconds',
  'Since when the keys of a zone wait for what its parent shows; 0 where they do not.', ['zone']);
/** Zones that have a number of their own, and troubles that are remarked, at most. */
const MOST_ZONES = 1000, MOST_REMARKS = 3;

/** The part of a block. */
export class WholeZones implements Part {
  readonly #site: Site;
  readonly #settings: SigningSettings;
  readonly #zones: Zones;
  /** The zones of this block, by their keys: one below may be another block's. */
  readonly #asked = new Set<string>();
  #clock: Clock | undefined;

  constructor(names: readonly Name[], settings: SigningSettings, site: Site) {
    this.#site = site;
    this.#settings = settings;
    const zones = this.#zones = new Zones(names);
    site.put(ZoneSigning, (zone) => {
      if (zones.match(zone) === undefined) return undefined;
      this.#asked.add(zone.key);
      return settings;
    });
  }
  /** What a process has of keys that are lost lasts until its end: a reload tells of them. Those of zones that are not open yet tell it. */
  async control({ clock }: Run): Promise<void> {
    const { folder } = this.#settings.keys;
    const open = new Set([...KeyFolder.openZones(folder, clock)].map(({ stem }) => stem));
    const faults = await keyFaults(folder, (zone) => open.has(keyFileStem(zone)) && this.#zones.match(zone) !== undefined);
    if (faults.length > 0) throw pluginError('dnssec', new Error(faults.join('; ')));
  }
  /** A load may say otherwise how keys are kept that are there. */
  started({ clock, metrics, signal }: Run): void {
    this.#clock = clock;
    RollingKeys.configure(clock, this.#settings.keys, (zone) => this.#asked.has(zone.key));
    metrics.whenAsked(signal, () => this.#tell(metrics));
  }
  remark(): string | undefined {
    const troubles = this.#keys().flatMap(({ trouble }) => trouble ?? []);
    const more = troubles.length > MOST_REMARKS ? [`and ${troubles.length - MOST_REMARKS} more`] : [];
    return troubles.length === 0 ? undefined : [...troubles.slice(0, MOST_REMARKS), ...more].join('; ');
  }
  #keys(): RollingKeys[] {
    if (this.#clock === undefined) return [];
    return [...RollingKeys.openIn(this.#settings.keys.folder, this.#clock)].filter(({ zone }) => this.#asked.has(zone.key));
  }
  #tell(metrics: Metrics): void {
    const family = metrics.family(WAITING);
    for (const { zone: { text }, waitsSince } of this.#keys()) {
      const isTold = family.has([text]) || (waitsSince > 0 && family.size < MOST_ZONES);
      if (isTold) metrics.values[family.cell([text])] = waitsSince;
    }
  }
  /** Without zones that can be signed it would sign nothing, and nobody would know. */
  whole(): void {
    if (this.#site.all(SignableZones).length > 0) return;
    throw new Error('auto signs zones of file, auto, dynupdate and secondary, and this block has none; "key auto DIR" signs answers');
  }
}
