// Sees to it that no two clusters are kept in one file. Knows where stanzas say what they claim; opens nothing.
import { resolve } from 'node:path';
import type { Site } from '../../../kernel/site/site.ts';
import { Slot } from '../../../kernel/slot.ts';
import { zonesText } from '../cluster/watched.ts';
import type { Watched } from '../cluster/watched.ts';

/** What is watched, and the file where it is kept, if it is. */
interface Kept extends Watched {
  readonly snapshot: string | undefined;
}
/** A stanza with `snapshot`, put there when it is made. */
interface Claim {
  readonly settings: Kept;
  readonly site: Site;
}
const Claims = new Slot<Claim>('snapshots of clusters');

/** Lets others know of a stanza's file; called in `create`. */
export function claimFile(settings: Kept, site: Site): void {
  if (settings.snapshot !== undefined) site.put(Claims, { settings, site });
}
/**
 * The file of a stanza, whole; undefined where it has none. `watchedBy` tells what a stanza watches: stanzas of several blocks that agree
 * in it share one cluster, and its file. Throws Error where another stanza has the file.
 */
export function fileOf(settings: Kept, site: Site, sites: readonly Site[], watchedBy: (claim: Claim) => string): string | undefined {
  if (settings.snapshot === undefined) return undefined;
  const file = resolve(site.path(settings.snapshot));
  const watched = watchedBy({ settings, site });
  const claims = sites.flatMap((each) => each.all(Claims)).filter((claim) => resolve(claim.site.path(claim.settings.snapshot!)) === file);
  const other = claims.find((claim) => watchedBy(claim) !== watched);
  if (other === undefined) return file;
  const clusters = claims.filter((claim) => claim.settings === settings || claim === other).map((claim) => zonesText(claim.settings));
  throw new Error(`plugin/kubernetes: snapshot ${file} is that of two clusters, ${clusters.join(' and ')}: give each a file of its own`);
}
