// Every fuzz target by its name. Knows where they are.
import { cacheSnapshot } from './cache-snapshot.ts';
import { catalogs, ourCatalogs } from './catalogs.ts';
import { corefile } from './corefile.ts';
import { doq, ended as doqEnded } from './doq.ts';
import { filters } from './filters.ts';
import { ended as forwarded, forward } from './forward.ts';
import { etcdSnapshot } from './etcd-snapshot.ts';
import { awsXml, azureSets } from './hosted.ts';
import { imports } from './imports.ts';
import { hpack, http2, replies, requests } from './http.ts';
import { http3, qpack } from './http3.ts';
import { list, watch } from './kube-api.ts';
import { lists, policies } from './lists.ts';
import { keyFiles } from './key-files.ts';
import { pageEvents, sessions } from './console.ts';
import { keptCorefiles } from './kept-corefiles.ts';
import { objects } from './kubernetes.ts';
import { decisionPoints } from './decision-points.ts';
import { pushedRecords, stateful } from './dso.ts';
import { registryBackups, registryUpdates } from './registry-updates.ts';
import { registryCopies, registryKeys, registryRequests, registryTokens } from './registry.ts';
import { followedKeys, scrubber, validator } from './resolver.ts';
import { rules } from './rules.ts';
import { migration } from './migration.ts';
import { ended as served, serve } from './serve.ts';
import { ended as signedEnded, signedReplies } from './signed-replies.ts';
import { snapshot } from './snapshot.ts';
import { nodeCache } from './node-cache.ts';
import { proxy } from './proxy.ts';
import type { Target } from './target.ts';
import { expectations, flags, hosts, resolvConf, weights } from './text.ts';
import { keptSteps } from './steps.ts';
import { transfers } from './transfers.ts';
import { sharedKeys, tsig } from './tsig.ts';
import { ended as updatesEnded, updateServer } from './update-server.ts';
import { journals, updates } from './updates.ts';
import { frames, upstream } from './upstream.ts';
import { watches } from './watches.ts';
import { zoneBytes, zoneText } from './zone-text.ts';

/** In the order in which they are tried. */
export const targets: readonly Target[] = [
  serve, forward, upstream, frames, replies, requests, hpack, http2, qpack, http3, list, watch, objects, corefile, hosts, lists,
  policies, resolvConf, weights, flags, migration, expectations, snapshot, cacheSnapshot, zoneText, zoneBytes, keyFiles, signedReplies,
  tsig, sharedKeys, transfers, updates, updateServer, journals, keptSteps, proxy, catalogs, ourCatalogs, doq, azureSets, awsXml, rules,
  etcdSnapshot, watches, decisionPoints, registryRequests, registryTokens, registryKeys, registryCopies, filters, nodeCache, keptCorefiles,
  stateful, pushedRecords,
  registryUpdates, registryBackups,
  scrubber, validator, followedKeys,
  pageEvents, sessions,
  ...imports,
];
/** Ends the servers that cases were thrown at. */
export async function ended(): Promise<void> {
  await served();
  await forwarded();
  await signedEnded();
  await updatesEnded();
  await doqEnded();
}
