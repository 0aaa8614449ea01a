// Which block took a question, and why none with a longer zone did. Knows zones and views; knows no plugin.
import type { Block } from '../corefile/block.ts';
import type { Position } from '../corefile/error.ts';
import { TYPE } from '../dns/type-name.ts';
import { Name } from '../dns/name.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Served } from '../kernel/site/plugin.ts';
import type { Site } from '../kernel/site/site.ts';
import { ViewFilter } from '../kernel/site/site.ts';

/** An address as it is served. */
type Address = Served['configuration']['addresses'][number];
/** One block that could have taken a question. */
export interface Candidate {
  readonly at: Pick<Position, 'file' | 'line'>;
  /** Its keys as they are written. */
  readonly keys: string;
  readonly taken: boolean;
  readonly why: string;
}

/**
 * The blocks of an address that have a zone of the question's name, the longest zone first, up to the one that took it. `chosen` is the
 * number of that, -1 where none did; `view` is the one that was asked for, whoever asks.
 */
export function candidates(
  { zones }: Pick<Address, 'zones'>, blocks: readonly Block[], query: Query, chosen: number, view: string | undefined,
): readonly Candidate[] {
  const { key } = query.name;
  const found: Candidate[] = [];
  for (let at = 0; at < key.length; at += key.charCodeAt(at) + 1) {
    const zone = at === 0 ? key : key.slice(at);
    const sites = [...new Set(zones.filter(([other]) => other === zone).map(([, site]) => site))];
    for (const site of sites) {
      const { at: place, keys } = blocks[site.index]!;
      const taken = site.index === chosen;
      const why = whyOf(site, Name.wire(zone).text, taken, query, view);
      found.push({ at: place, keys: keys.map(({ text }) => text).join(' '), taken, why });
      if (taken) return found;
    }
  }
  return found;
}

function whyOf(site: Site, zone: string, taken: boolean, query: Query, view: string | undefined): string {
  const filters = site.all(ViewFilter);
  const client = query.clientAddress;
  const named = site.view === '' ? '' : ` ${site.view}`;
  if (taken) {
    if (view !== undefined && filters.length > 0) return `longest zone ${zone}; view${named} was asked for`;
    return `longest zone ${zone}${filters.length > 0 ? `; view${named} accepts ${client}` : ''}`;
  }
  if (site.handler === undefined) return `${zone} is served by no plugin`;
  if (view !== undefined && site.view !== '' && site.view !== view) return `its view${named} is not the one that was asked for`;
  if (!filters.every((filter) => filter.accepts(query))) return `view${named} does not accept ${client}`;
  return query.type === TYPE.DS ? 'DS is asked of the block with the zone above' : 'another block of this zone stands before it';
}
