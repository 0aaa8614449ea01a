// A plugin that serves a zone of a few lines, for scenarios of look-ups: `made [through]`, the latter for names that are handed on. Knows
// how a look-up is put into a chain.
import { Lookup } from '../authority/lookup.ts';
import { Name } from '../dns/name.ts';
import type { Handler } from '../kernel/site/plugin.ts';
import { NEVER } from '../kernel/site/fallthrough.ts';
import { insert } from '../kernel/site/order.ts';
import { definePlugin } from '../kernel/site/plugin.ts';
import { Zones } from '../kernel/site/zones.ts';
import type { Query } from '../kernel/query/query.ts';
import { standard } from '../plugins/index.ts';
import { MadeZone } from './made-zone.ts';

/** All plugins with `made` before `forward`: it serves this zone. */
export function serving(apex: string, lines: string) {
  const made = definePlugin({
    name: 'made',
    parse: ([line]) => line!.rest().includes('through'),
    create(through) {
      const lookup = new Lookup(new MadeZone(apex, lines, through ? new Zones([Name.root]) : NEVER));
      return { handle: (query: Query, next: Handler) => lookup.handle(query, next) };
    },
  });
  return insert(standard, made, { before: 'forward' });
}
