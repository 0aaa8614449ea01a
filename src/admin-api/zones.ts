// The zones of a server, as the API tells of them: which there are, that one is looked at again, that its secondaries are told. Knows slots
// that parts fill.
import { HeldZones } from '../authority/held-zones.ts';
import type { ZoneHolder } from '../authority/held-zones.ts';
import { Notifiers, Transfers, serialOf } from '../authority/transfer.ts';
import { Name } from '../dns/name.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Site } from '../kernel/site/site.ts';
import { replyJson } from './reply.ts';
import { blockName } from './things.ts';

/** Zones of one reply. */
const MOST = 10_000, USUAL = 1000;

interface Held {
  readonly site: Site;
  readonly holder: ZoneHolder;
  readonly zone: Name;
}
const heldIn = ({ sites }: Run): readonly Held[] => sites.flatMap((site) => site.all(HeldZones).flatMap((holder) => (
  (holder.zones() ?? []).map((zone) => ({ site, holder, zone })))));

/** Zones of parts that say which they have. */
export function zones(run: Run, query: URLSearchParams): HttpReply {
  const limit = Math.min(Number(/^\d{1,5}$/.exec(query.get('limit') ?? '')?.[0] ?? USUAL), MOST);
  const all = heldIn(run);
  return replyJson({ zones: all.slice(0, limit).map((held) => rowOf(run, held)), more: Math.max(0, all.length - limit) });
}
function rowOf({ store }: Run, { site, holder: { by, refresh }, zone }: Held): object {
  const can = [...(refresh === undefined ? [] : ['refresh']), ...(site.all(Notifiers).length === 0 ? [] : ['notify'])];
  let serial: number | null = null, trouble: string | null = null;
  try {
    const source = site.all(Transfers).find(({ name }) => name === by);
    const version = store.reading.within(() => source?.transfer(zone, undefined));
    if (version !== undefined && !(version instanceof Promise)) serial = serialOf(version.soa);
  } catch (error) {
    trouble = (error as Error).message;
  }
  return { zone: zone.text, block: blockName(site), by, serial, trouble, can };
}

/** Those of a name, or why there are none. */
function named(run: Run, text: string): readonly Held[] | HttpReply {
  const name = Name.maybe(text)?.folded;
  const held = name === undefined ? [] : heldIn(run).filter(({ zone }) => zone.equals(name));
  return held.length > 0 ? held : problem(404, 'No such zone', 'GET /v1/zones has their names');
}
/** Whoever has the zone from somewhere looks there now. */
export async function refresh(run: Run, text: string): Promise<HttpReply> {
  const held = named(run, text);
  if ('status' in held) return held;
  const able = held.flatMap(({ holder, zone }) => (holder.refresh === undefined ? [] : [{ by: holder.by, look: holder.refresh(zone) }]));
  if (able.length === 0) return problem(409, 'Nothing to look at', `${held[0]!.holder.by} has the zone from nowhere else`);
  await Promise.all(able.map(({ look }) => look));
  return replyJson({ zone: held[0]!.zone.text, refreshed: able.map(({ by }) => by) });
}
/** The secondaries of the zone are told that it changed. */
export function notify(run: Run, text: string): HttpReply {
  const held = named(run, text);
  if ('status' in held) return held;
  const told = held.flatMap(({ site, zone }) => site.all(Notifiers).flatMap((each) => each.notify(zone)));
  if (told.length === 0) return problem(409, 'Nobody to tell', 'a transfer line of the block says who has the zone: to ADDRESS');
  return replyJson({ zone: held[0]!.zone.text, told: [...new Set(told)] });
}
