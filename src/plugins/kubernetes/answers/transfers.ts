// The zones of the clusters of a block as a source of transfers. Knows which of them have a zone in common; what is in it they know.
import { soaRecord } from '../../../authority/soa.ts';
import { CLUSTER_SOA } from './soa.ts';
import type { Transfer } from '../../../authority/transfer.ts';
import type { Name } from '../../../dns/name.ts';
import { covers } from '../../../kernel/site/fallthrough.ts';
import type { ClusterZones } from './transfer.ts';

/** A zone of all clusters that have it, in the order in which they are asked; undefined where none has. Throws where one is unread. */
export function transferOf(clusters: readonly ClusterZones[], zone: Name): Transfer | undefined {
  const own: ClusterZones[] = [];
  for (const each of clusters) {
    if (each.backend.zones.exactly(zone) === undefined) continue;
    own.push(each);
    // What the next one has nobody gets to see.
    if (!covers(each.backend.fallthrough, zone)) break;
  }
  const [first] = own;
  if (first === undefined) return undefined;
  for (const { backend } of own) {
    const incomplete = backend.incompleteZone(backend.zones.exactly(zone)!);
    if (incomplete !== undefined) throw new Error(incomplete);
  }
  const { backend } = first;
  return {
    soa: soaRecord(zone, backend.ttl, backend.serial(backend.zones.exactly(zone)!), CLUSTER_SOA),
    *records(to) {
      for (const [i, each] of own.entries()) yield* each.write(each.backend.zones.exactly(zone)!, to, own.slice(0, i));
    },
  };
}
