// An API that is opened by whoever needs one: what its options name is read, and what speaks to it loaded, at that time. Knows options and
// files; watches nothing.
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import type { ApiOptions } from './api-config.ts';
import { fileContent } from './file-content.ts';
import type { Watch } from './kube-api.ts';
import type { Resource, Sink } from './sink.ts';

/** What an API is opened in. */
interface Around {
  readonly clock: Clock;
  /** With the plugin's prefix. */
  readonly log: Log;
  readonly metrics: Metrics;
  /** What the API is called in metrics, where there are several. */
  readonly label?: readonly string[] | undefined;
}
/** The API of a cluster. */
export interface Api {
  /** Lists and watches until the signal aborts with which the API was opened. */
  watch(resource: Resource, sink: Sink): Watch;
}
/** How an API is opened, and a text that is another one where another API or another user is meant. */
export interface ReadApi {
  readonly open: (signal: AbortSignal) => Api;
  readonly key: string;
}

/** Reads what the options name. Rejects with what is wrong about it, in CoreDNS's words. */
export async function readApi(options: ApiOptions, { clock, log, metrics, label }: Around): Promise<ReadApi> {
  // Loaded here, so that a server without a cluster does without them.
  const { readApiConfig } = await import('./api-config.ts');
  const { KubeApi } = await import('./kube-api.ts');
  const config = await readApiConfig(options, { clock, environment: process.env, root: '' });
  const file = options.kubeconfig?.file;
  return {
    open: (signal) => new KubeApi(config, { clock, log, metrics, label, signal }),
    // A kubeconfig with other contents is another API: who changes it and reloads means that.
    key: file === undefined ? '' : await fileContent(file).then(String, () => ''),
  };
}
