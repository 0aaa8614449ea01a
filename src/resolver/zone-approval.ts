// Whether the digest of a zone (RFC 8976) is signed by keys that the resolver's chain of trust leads to, looked at before the zone is
// served. Knows the records of a scratch and a resolver; the digest itself is authority's.
import { apexSet } from '../authority/zone/apex-set.ts';
import type { Scratch } from '../authority/zone/scratch.ts';
import type { Name } from '../dns/name.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { RANK } from './kept-set.ts';
import type { KeptSet } from './kept-set.ts';
import type { Resolver } from './resolver.ts';

/** Throws where the zone may not be served: its digest is not proved, though something is trusted at or above the zone. */
export async function approve(resolver: Resolver, zone: Name, scratch: Scratch): Promise<void> {
  const digest = keptSet(resolver, zone, scratch, TYPE.ZONEMD);
  if (digest === undefined) return;
  const { security, why } = await resolver.judgeApex(keptSet(resolver, zone, scratch, TYPE.DNSKEY), digest);
  if (security === 'bogus') throw new Error(`the digest of ${zone.text} is not proved: ${why ?? 'bogus'}`);
}
function keptSet({ now }: Resolver, zone: Name, scratch: Scratch, type: number): KeptSet | undefined {
  const found = apexSet(scratch, type);
  return found && { ...found, name: zone, class: CLASS.IN, until: now() + found.ttl * 1000, rank: RANK.ANSWER, security: 'unchecked' };
}
