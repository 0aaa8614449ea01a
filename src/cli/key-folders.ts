// Where a Corefile says that the keys of a zone are. Knows how a Corefile is read; opens no socket and no key.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { signingOf } from '../authority/signing/settings.ts';
import type { Name } from '../dns/name.ts';
import { build } from '../kernel/site/build.ts';
import { withPlugins } from '../kernel/site/late.ts';
import { fileError } from '../wording/errno.ts';
import { additionsOf, pluginsWith } from './plugin-choice.ts';
import { readOptionsOf } from './read-options.ts';

/** The folder, or a sentence why none is known. */
export interface FoundFolder {
  readonly folder?: string;
  readonly why?: string;
}

/** The folder of keys of the block that has the zone, or one above it, with `dnssec { auto }`; blocks that say another one are told of. */
export async function keyFolderOf(zone: Name, corefile: string): Promise<FoundFolder> {
  try {
    const text = readFileSync(corefile, 'utf8');
    const options = await withPlugins(text, readOptionsOf(corefile, 53, await pluginsWith(await additionsOf(corefile)), () => {}));
    const { sites } = build(text, options);
    const folders = new Set(sites.flatMap((site) => {
      const isHere = site.zones.some((name) => zone.isUnder(name));
      const folder = isHere ? signingOf(site, zone)?.keys.folder : undefined;
      return folder === undefined ? [] : [resolve(folder)];
    }));
    const [folder, ...others] = folders;
    if (folder === undefined) return { why: `${corefile}: no block has ${zone.text} with "dnssec { auto }": name the folder of its keys` };
    if (others.length > 0) return { why: `${corefile}: ${zone.text} has keys in ${[...folders].join(' and in ')}: name one of them` };
    return { folder };
  } catch (error) {
    return { why: fileError(error, corefile) };
  }
}
