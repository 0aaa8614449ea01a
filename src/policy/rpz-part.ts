// The response policy zones of one line of a block: opened and kept up to date on main, asked in every thread, told of in log and metrics.
// Knows what a line says; what rules mean is rpz.ts's.
import type { Name } from '../dns/name.ts';
import { typeName } from '../dns/type-name.ts';
import { every } from '../kernel/clock.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Counted, ShownRule } from '../kernel/site/shown.ts';
import type { Site } from '../kernel/site/site.ts';
import { PublishedTable } from './published-table.ts';
import { ResponsePolicy } from './rpz.ts';
import type { Hit } from './rpz.ts';
import { RpzRules } from './rpz-rules.ts';
import { RPZ_FAMILIES, RpzSources } from './rpz-sources.ts';
import { actionName } from './rpz-zone.ts';
import type { RpzZone } from './rpz-zone.ts';

/** Milliseconds after the end of a load in which its queries may still be under way. */
const REST = 30_000;

const tablesOf = (run: Run, site: Site, plugin: string, zones: readonly RpzZone[]): PublishedTable[] =>
  zones.map((_, i) => new PublishedTable(run.store, run.space(site), `${plugin} rpz ${i}`));

/** On main: reads the zones, and again what is another. Rejects where one cannot be read. */
export async function openPolicy(run: Run, site: Site, plugin: string, zones: readonly RpzZone[]): Promise<void> {
  if (zones.length === 0) return;
  const tables = tablesOf(run, site, plugin, zones);
  const end = (): void => tables.forEach((table) => table.publish(0, ''));
  run.signal.addEventListener('abort', () => run.clock.after(REST, end), { once: true });
  const sources = new RpzSources(run, plugin, zones.map((zone, i) => ({ zone, published: tables[i]! })));
  await sources.begin();
  every(run.clock, sources.interval, run.signal, (error) => run.report(error), () => sources.look());
}

/** For whoever looks at them. */
export const shownZones = (zones: readonly RpzZone[], counted: Counted): readonly ShownRule[] => zones.map(({ name, path, policy }) => ({
  what: `${name} ${path} ${typeof policy === 'object' ? `cname ${policy.cname.text}` : policy}`,
  size: counted(RPZ_FAMILIES.rules, { zone: name }), hits: counted(RPZ_FAMILIES.hits, { zone: name }),
}));

/** In every thread: what the zones say; undefined where there are none. */
export function policyOf(run: Run, site: Site, plugin: string, zones: readonly RpzZone[]): ResponsePolicy | undefined {
  if (zones.length === 0) return undefined;
  const tables = tablesOf(run, site, plugin, zones);
  const log = run.log.prefix(plugin);
  const { metrics } = run;
  const hit = ({ zone, trigger, action }: Hit, query: Query, name: Name, changes: boolean): void => {
    const word = changes ? actionName(action) : zone.reportsOnly === true ? `would be ${actionName(action)}` : 'disabled';
    const { label } = query.channel.service;
    metrics.values[metrics.family(RPZ_FAMILIES.hits).cell([label, zone.name, trigger, word, site.view])]!++;
    if (!zone.log) return;
    const behind = name.equals(query.name) ? '' : ` at ${name.text}`;
    log.info(`rpz ${zone.name}: ${trigger} ${word}${behind} for ${query.clientAddress} ${query.name.text} ${typeName(query.type)}`);
  };
  return new ResponsePolicy(zones.map((zone, i) => ({ zone, rules: new RpzRules(tables[i]!) })), { hit });
}
