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
import type { Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Zones } from '../../kernel/site/zones.ts';

/** The part of a block. */
export class WholeZones implements Part {
  readonly #site: Site;
  readonly #settings: SigningSettings;
  readonly #zones: Zones;

  constructor(names: readonly Name[], settings: SigningSettings, site: Site) {
    this.#site = site;
    this.#settings = settings;
    const zones = this.#zones = new Zones(names);
    site.put(ZoneSigning, (zone) => (zones.match(zone) === undefined ? undefined : settings));
  }
  /** What a process has of keys that are lost lasts until its end: a reload tells of them. Those of zones that are not open yet tell it. */
  async control({ clock }: Run): Promise<void> {
    const { folder } = this.#settings.keys;
    const open = new Set([...KeyFolder.openZones(folder, clock)].map(({ stem }) => stem));
    const faults = await keyFaults(folder, (zone) => open.has(keyFileStem(zone)) && this.#zones.match(zone) !== undefined);
    if (faults.length > 0) throw pluginError('dnssec', new Error(faults.join('; ')));
  }
  /** A load may say otherwise how keys are kept that are there. */
  started({ clock }: Run): void {
    RollingKeys.configure(clock, this.#settings.keys, (zone) => this.#zones.match(zone) !== undefined);
  }
  /** Without zones that can be signed it would sign nothing, and nobody would know. */
  whole(): void {
    if (this.#site.all(SignableZones).length > 0) return;
    throw new Error('auto signs zones of file, auto, dynupdate and secondary, and this block has none; "key auto DIR" signs answers');
  }
}
