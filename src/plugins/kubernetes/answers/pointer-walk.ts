// The names of addresses in a zone, written for a transfer. Knows lists of addresses and nodes; knows no clusters.
import type { ServedZone } from '../../../authority/served-zones.ts';
import { ZoneName } from '../../../authority/zone-name.ts';
import type { ZoneRecords } from '../../../authority/zone-records.ts';
import { HEADER } from '../../../dns/packet.ts';
import { reverseName } from '../../../dns/reverse.ts';
import { TYPE } from '../../../dns/type-name.ts';
import { ObjectKey } from '../cluster/maps.ts';
import type { PointerNode } from './pointer-node.ts';
import type { NameList } from './zone-names.ts';

/** Writes what `find` finds at the addresses whose names are in the zone, unless they are taken. */
export function* writePointers(
  addresses: NameList, zone: ServedZone, to: ZoneRecords, isTaken: (asked: ZoneName) => boolean,
  find: (key: ObjectKey) => PointerNode | undefined,
): Generator<void> {
  const asked = new ZoneName();
  const key = new ObjectKey();
  for (const [at, size] of addresses.keys()) {
    const name = reverseName(addresses.bytes.subarray(at, at + size));
    if (name.isUnder(zone.name)) {
      asked.begin().text(name.raw.slice(0, name.raw.length - zone.bytes.length)).under(zone);
      const pointers = isTaken(asked) ? undefined : find(key.copy(addresses.bytes, at, size));
      if (pointers !== undefined) {
        to.own(asked.bytes, HEADER, asked.nameLength);
        pointers.write(TYPE.PTR, to);
      }
    }
    yield;
    addresses.check();
  }
}
