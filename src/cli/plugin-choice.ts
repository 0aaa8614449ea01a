// Which plugins a Corefile is read with: the standard ones or a program's own, and what `plugin.cfg` beside the Corefile adds.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loaded } from '../kernel/site/late.ts';
import type { LatePlugin, Plugin } from '../kernel/site/plugin.ts';
import { standardWords } from '../plugins/words.ts';
import type { Addition } from './plugin-config.ts';

/** What `plugin.cfg` beside the Corefile adds. Rejects with its line. */
export async function additionsOf(corefile: string): Promise<readonly Addition[]> {
  if (!existsSync(join(dirname(corefile), 'plugin.cfg'))) return [];
  const { readAdditions } = await import('./plugin-config.ts');
  return readAdditions(corefile);
}
/** The plugins of a thread, `own` in place of the standard ones. Rejects where one that is added cannot be loaded. */
export async function pluginsWith(additions: readonly Addition[] = [], own?: readonly Plugin[]): Promise<readonly LatePlugin[]> {
  const plugins = own?.map(loaded) ?? standardWords;
  if (additions.length === 0) return plugins;
  const { withAdditions } = await import('./plugin-config.ts');
  return withAdditions(plugins, additions);
}
