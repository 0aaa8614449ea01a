// Word to who keeps copies of a cluster's zones that they have changed (RFC 1996). Knows serials and time; sends nothing.
import { isReverseZone } from '../../authority/served-zones.ts';
import type { Name } from '../../dns/name.ts';
import { every } from '../../kernel/clock.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Flags } from '../../store/cells.ts';
import type { Settings } from './config.ts';
import { IMPORTS_MODIFIED, MODIFIED, SYNCED } from './cluster/maps.ts';

/** Milliseconds between two looks: a cluster may change a thousand times a second, and each notice leads to a transfer of all of it. */
const INTERVAL = 5000;

/** Tells of each zone whose serial is another one than the last time: when the cluster was read, and after changes. */
export function tellOfChanges({ clock, signal, report }: Run, settings: Settings, flags: Flags, changed: (zone: Name) => void): void {
  const told = new Map<string, number>();
  const look = () => {
    if (flags.get(SYNCED) === 0) return;
    for (const zone of settings.zones.names) {
      if (isReverseZone(zone)) continue;
      const serial = flags.get(settings.multicluster.match(zone) === undefined ? MODIFIED : IMPORTS_MODIFIED);
      if (told.get(zone.key) === serial) continue;
      told.set(zone.key, serial);
      changed(zone);
    }
  };
  look();
  every(clock, INTERVAL, signal, report, look);
}
