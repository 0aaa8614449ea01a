// How the zones of a block are signed before they are served, as whoever has zones asks for it. Knows names; knows neither words nor keys.
import type { Name } from '../../dns/name.ts';
import { Slot } from '../../kernel/slot.ts';
import type { Slots } from '../../kernel/slot.ts';
import type { KeySettings } from '../zone-keys/key-settings.ts';
import type { Chain } from './chain.ts';

/** How zones are signed. Who names the same folder has the same keys. */
export interface SigningSettings {
  readonly chain: Chain;
  readonly keys: KeySettings;
  /** A file in which the zone itself is kept: its serial is kept beside it too. */
  readonly besides?: string | undefined;
}

/** Read by whoever has zones in versions: how one of them is to be signed, undefined where it is served as it is. */
export const ZoneSigning: Slot<(zone: Name) => SigningSettings | undefined> = new Slot('zone signing');

/** Put there by whoever reads that: without any such part in a block nothing of it could be signed. */
export const SignableZones: Slot<true> = new Slot('zones that can be signed');
/** How a zone is to be signed, as the parts of its block have it. */
export const signingOf = (site: Pick<Slots, 'all'>, zone: Name): SigningSettings | undefined => {
  for (const of of site.all(ZoneSigning)) {
    const settings = of(zone);
    if (settings !== undefined) return settings;
  }
  return undefined;
};

/** What tells zones that are signed otherwise: for names of cells. */
export const signingName = ({ chain, keys }: SigningSettings): string => `${chain} ${keys.folder}`;
