// The order of plugins as a value: a list, and another list with one more in it. Knows names alone.
import type { Plugin } from './plugin.ts';

/** Where a plugin goes: right before or right behind another one. */
export type Rank = { readonly before: string } | { readonly after: string };

/** The plugins with one more in its place. Throws Error where the place or the name is wrong. */
export function insert(plugins: readonly Plugin[], plugin: Plugin, rank: Rank): readonly Plugin[] {
  const neighbour = 'before' in rank ? rank.before : rank.after;
  const at = plugins.findIndex(({ name }) => name === neighbour);
  if (at < 0) throw new Error(`there is no plugin ${neighbour} beside which ${plugin.name} could stand`);
  if (plugins.some(({ name }) => name === plugin.name)) throw new Error(`there is a plugin ${plugin.name} already`);
  return plugins.toSpliced('before' in rank ? at : at + 1, 0, plugin);
}
