// The external names of a cluster as they are transferred (KEXT-5). Knows how services are named outside; knows nothing of messages.
import type { ExternalRules } from '../../../authority/external-names.ts';
import type { ServedZone } from '../../../authority/served-zones.ts';
import type { ZoneName } from '../../../authority/zone-name.ts';
import type { ZoneRecords } from '../../../authority/zone-records.ts';
import type { Exposed } from '../answers/exposed.ts';
import { le16, serviceExternals } from '../cluster/layout.ts';
import type { Maps } from '../cluster/maps.ts';
import type { ServiceRules } from '../answers/service-node.ts';
import { ServiceWalk } from '../answers/service-walk.ts';
import type { Naming } from '../answers/service-walk.ts';
import type { SharedNames } from '../answers/zone-names.ts';

/** What they are made of. */
export interface External {
  readonly maps: Maps;
  readonly names: SharedNames;
  readonly exposed: Exposed;
  readonly rules: ServiceRules & Pick<ExternalRules, 'headless'>;
}

/** Writes everything below a zone but its name server; `isTaken` says whether somebody else answers for a name. */
export function writeExternal({ maps, names, exposed, rules }: External, zone: ServedZone, to: ZoneRecords,
  isTaken: (asked: ZoneName) => boolean): Generator<void> {
  const naming: Naming = {
    between: '',
    read: (parsed, asked, place) => parsed.readExternal(asked, place),
    find: (node, asked, parsed, bytes, only) => node.findExternal(asked, parsed, bytes, 0, rules.headless, only),
    hasOwnPorts: (bytes) => le16(bytes, serviceExternals(bytes, 0)) > 0,
  };
  return new ServiceWalk(naming, rules, zone, to, isTaken).all(maps.services, names.take(), (bytes, at) => exposed.at(bytes, at));
}
