// Sees to it that no two clusters are kept in one file. Knows where stanzas say what they claim; opens nothing.
import { resolve } from 'node:path';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import type { Settings } from './config.ts';

interface Claim {
  readonly file: string;
  readonly watched: string;
  readonly zones: string;
}
/** Put there by each stanza with `snapshot`. */
const Claims = new Slot<Claim>('snapshots of clusters');

/**
 * The file of a stanza, whole; undefined where it has none. `watched` is what `watchedBy` says: stanzas of several blocks that agree in it
 * share one cluster, and its file. Throws Error where another stanza has the file.
 */
export function claimFile(settings: Settings, site: Site, sites: readonly Site[], watched: string): string | undefined {
  if (settings.snapshot === undefined) return undefined;
  const file = resolve(site.path(settings.snapshot));
  const zones = zonesText(settings);
  const claims = sites.flatMap((each) => each.all(Claims));
  const other = claims.find((claim) => claim.file === file && claim.watched !== watched);
  if (other !== undefined) {
    const clusters = `${other.zones} and ${zones}`;
    throw new Error(`plugin/kubernetes: snapshot ${file} is that of two clusters, ${clusters}: give each a file of its own`);
  }
  site.put(Claims, { file, watched, zones });
  return file;
}
/** What a stanza's cluster is called: its zones, and where it is where the stanza says so. */
export function clusterName(settings: Settings): string {
  const { kubeconfig, endpoint } = settings.api;
  const where = kubeconfig?.context ?? endpoint;
  return zonesText(settings) + (where === undefined ? '' : ` from ${where}`);
}
/** The zones of a stanza as they stand in a Corefile. */
export const zonesText = ({ zones }: Settings): string => zones.names.map(({ text }) => text.replace(/(.)\.$/, '$1')).join(' ');
