// Loads the plugins that a configuration names, before it is read. Knows words; knows no plugin.
import { wordsIn } from './build.ts';
import type { ReadOptions } from './build.ts';
import type { LatePlugin, Plugin } from './plugin.ts';

/** The same reading, with the plugins that the text names. Rejects where one cannot be loaded; what is wrong with the text is `build`'s. */
export async function withPlugins(text: string, options: ReadOptions): Promise<ReadOptions> {
  const { late } = options;
  if (late === undefined) return options;
  const words = wordsIn(text, options);
  const plugins = late.filter(({ name, aliases = [] }) => [name, ...aliases].some((word) => words.has(word)));
  return { ...options, plugins: await Promise.all(plugins.map((plugin) => plugin.load())) };
}
/**
 * The plugins whose metrics are known: those of a reading and, where one of them shows metrics, those of which some are shown although
 * no configuration names them (MET-2).
 */
export async function counting({ plugins, late = [] }: ReadOptions): Promise<readonly Plugin[]> {
  if (!plugins.some(({ showsMetrics = false }) => showsMetrics)) return plugins;
  const others = late.filter(({ name, standing = false }) => standing && !plugins.some((plugin) => plugin.name === name));
  return [...plugins, ...(await Promise.all(others.map((plugin) => plugin.load())))];
}
/** A plugin that is loaded already. */
export const loaded = (plugin: Plugin): LatePlugin => ({
  name: plugin.name, ...(plugin.aliases === undefined ? {} : { aliases: plugin.aliases }), load: async () => plugin,
});
