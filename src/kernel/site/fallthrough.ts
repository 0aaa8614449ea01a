// For which names a plugin that has no answer hands a query on (SRV-17). A value, not a behaviour.
import { Name } from '../../dns/name.ts';
import type { Directive } from '../../corefile/directive.ts';
import { Zones, zonesOf } from './zones.ts';

/** No zones: never. The root: always. */
export type Fallthrough = Zones;
/** What holds without the property. */
export const NEVER: Fallthrough = new Zones([]);

/** Whether the name may be handed on. */
export const covers = (fallthrough: Fallthrough, name: Name): boolean => fallthrough.everything || fallthrough.match(name) !== undefined;

/** `fallthrough [ZONES...]`: without arguments every name. */
export function readFallthrough(line: Directive): Fallthrough {
  const zones = line.rest();
  return zones.length === 0 ? new Zones([Name.root]) : zonesOf(zones, []);
}
