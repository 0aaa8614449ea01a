// What zones tell of the keys of others, so that a parent can believe a zone that has no DS yet (RFC 9615): a zone's CDS and CDNSKEY stand
// below the names of its servers too, in the zones that these are in. Knows which zones one process keeps; knows no keys.
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { PlanRecord } from '../../dnssec/key-plan.ts';
import type { Clock } from '../../kernel/clock.ts';

/** A zone with keys. */
export interface SignalZone {
  readonly zone: Name;
  /** The names of its servers below which its keys shall be told. */
  readonly servers: readonly Name[];
  /** What it asks of its parent: CDS and CDNSKEY. */
  readonly asked: readonly PlanRecord[];
  /** What others want to have told here is another than before. */
  signalsChanged(): void;
}

const kept = new WeakMap<Clock, Set<SignalZone>>();
function all(clock: Clock): Set<SignalZone> {
  let zones = kept.get(clock);
  if (zones === undefined) kept.set(clock, zones = new Set());
  return zones;
}

/** `_dsboot.example.co.uk._signal.ns1.example.net` (RFC 9615 section 2.1); undefined where that is too long for a name. */
const ownerOf = (zone: Name, server: Name): Name | undefined => Name.maybe(`_dsboot.${zone.text}_signal.${server.text}`);

/** The zone of these that a name is in. */
function holderOf(name: Name, zones: Iterable<SignalZone>): SignalZone | undefined {
  let best: SignalZone | undefined;
  for (const each of zones) if (name.isUnder(each.zone) && (best === undefined || each.zone.labels > best.zone.labels)) best = each;
  return best;
}

/** The records that are told in a zone of the keys of others. */
export function signalsIn(holder: SignalZone, clock: Clock): PlanRecord[] {
  const zones = all(clock);
  return [...zones].flatMap(({ zone, servers, asked }) => servers.flatMap((server) => {
    const name = server.isUnder(zone) ? undefined : ownerOf(zone, server);
    if (name === undefined || holderOf(name, zones) !== holder) return [];
    return asked.filter(({ type }) => type === TYPE.CDS || type === TYPE.CDNSKEY).map(({ type, data }) => ({ name, type, data }));
  }));
}
/** A zone is kept from now on, no longer, or asks for something else: whoever tells of it hears. */
export function tellHolders(zone: SignalZone, clock: Clock, is: 'here' | 'gone'): void {
  const zones = all(clock);
  const isNew = is === 'here' && !zones.has(zone);
  if (is === 'here') zones.add(zone);
  const holders = new Set(zone.servers.flatMap((server) => holderOf(server, zones) ?? []));
  if (is === 'gone') zones.delete(zone);
  for (const holder of holders) if (holder !== zone) holder.signalsChanged();
  if (isNew && zones.size > 1) zone.signalsChanged();
}
