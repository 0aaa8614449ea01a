// Clusters that a server follows, as the API tells of them, and that one is read anew. Knows a slot that parts fill.
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { ShownClusters } from '../kernel/site/shown.ts';
import { replyJson } from './reply.ts';
import { blockName } from './things.ts';

/** Each with its id: its place, and the first of its zones. */
const shown = ({ sites }: Run) => sites.flatMap((site) => site.all(ShownClusters).flatMap((holder) => {
  const cluster = holder.cluster();
  return cluster === undefined ? [] : [{ block: blockName(site), holder, cluster }];
})).map((each, i) => ({ ...each, id: `${i}-${each.cluster.zones[0] ?? ''}` }));

/** What is followed, and whether it is in touch. */
export function clusters(run: Run): HttpReply {
  const rows = shown(run).map(({ id, block, holder: { by }, cluster: { name, isWhole, staleSince, revision, objects, watches } }) => ({
    id, block, by, name, whole: isWhole, stale: staleSince === undefined ? null : new Date(staleSince * 1000).toISOString(),
    revision, objects,
    watches: watches.map((watch) => (
      { resource: watch.resource, whole: watch.isWhole, silent: Math.round(watch.silentFor) / 1000, error: watch.error ?? null })),
  }));
  return replyJson({ clusters: rows });
}
/** All of one is read anew, whatever was heard of it. */
export function relist(run: Run, id: string): HttpReply {
  const found = shown(run).find((each) => each.id === id);
  if (found === undefined) return problem(404, 'No such cluster', 'GET /v1/clusters has their ids');
  return replyJson({ id, relisted: found.holder.relist() });
}
