// Sees to it that no two clusters are kept in one file. Knows where stanzas say what they claim; opens nothing.
import { resolve } from 'node:path';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import type { Settings } from './config.ts';

/** A stanza with `snapshot`, put there when it is made. */
interface Claim {
  readonly settings: Settings;
  readonly site: Site;
}
const Claims = new Slot<Claim>('snapshots of clusters');

/** Lets others know of a stanza's file; called in `create`. */
export function claimFile(settings: Settings, site: Site): void {
  if (settings.snapshot !== undefined) site.put(Claims, { settings, site });
}
/**
 * The file of a stanza, whole; undefined where it has none. `watchedBy` tells what a stanza watches: stanzas of several blocks that agree
 * in it share one cluster, and its file. Throws Error where another stanza has the file.
 */
export function fileOf(settings: Settings, site: Site, sites: readonly Site[], watchedBy: (claim: Claim) => string): string | undefined {
  if (settings.snapshot === undefined) return undefined;
  const file = resolve(site.path(settings.snapshot));
  const watched = watchedBy({ settings, site });
  const claims = sites.flatMap((each) => each.all(Claims)).filter((claim) => resolve(claim.site.path(claim.settings.snapshot!)) === file);
  const other = claims.find((claim) => watchedBy(claim) !== watched);
  if (other === undefined) return file;
  const clusters = claims.filter((claim) => claim.settings === settings || claim === other).map((claim) => zonesText(claim.settings));
  throw new Error(`plugin/kubernetes: snapshot ${file} is that of two clusters, ${clusters.join(' and ')}: give each a file of its own`);
}
/** What a stanza's cluster is called: its zones, and where it is where the stanza says so. */
export function clusterName(settings: Settings): string {
  const { kubeconfig, endpoint } = settings.api;
  const where = kubeconfig?.context ?? endpoint;
  return zonesText(settings) + (where === undefined ? '' : ` from ${where}`);
}
/** The zones of a stanza as they stand in a Corefile. */
export const zonesText = ({ zones }: Settings): string => zones.names.map(({ text }) => text.replace(/(.)\.$/, '$1')).join(' ');
