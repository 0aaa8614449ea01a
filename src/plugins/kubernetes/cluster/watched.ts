// What of a stanza decides what is watched of a cluster, and what that is called. Knows no option and no file.
import type { Zones } from '../../../kernel/site/zones.ts';

/** What is said of `<address>.<namespace>.pod` names (K8S-5). */
export type PodMode = 'disabled' | 'insecure' | 'verified';

/** Which addresses of Nodes have names: InternalIP or ExternalIP. */
export type NodeAddresses = 'internal' | 'external';

/** Where the API is and how it is asked, as the Corefile says it. Paths are as written; CoreDNS does not join them with `root`. */
export interface ApiSettings {
  /** The first one named. */
  readonly endpoint: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
  readonly kubeconfig: { readonly file: string; readonly context: string | undefined } | undefined;
  /** Requests a second, perhaps infinite; 0 where nothing is said. */
  readonly qps: number;
  /** 0 where nothing is said. */
  readonly burst: number;
  /** 0 where nothing is said. */
  readonly maxInflight: number;
}
/** What is watched and kept of a cluster. */
export interface Watched {
  readonly zones: Zones;
  readonly api: ApiSettings;
  /** A selector for the API's query, '' for everything; undefined where nothing is said. */
  readonly namespaceLabels: string | undefined;
  /** As `namespaceLabels`. */
  readonly labels: string | undefined;
  readonly pods: PodMode;
  readonly endpointPodNames: boolean;
  /** False with `noendpoints`. */
  readonly endpoints: boolean;
  /** Some of `zones`, perhaps none. */
  readonly multicluster: Zones;
  readonly zonal: boolean;
  /** Undefined where nodes have no names. */
  readonly nodes: NodeAddresses | undefined;
}

/** What of a stanza decides what is watched and kept: stanzas that agree in it share one cluster. */
export const watchedBy = (settings: Watched, podLabels: boolean): string => JSON.stringify([
  settings.api, settings.labels, settings.namespaceLabels, settings.pods === 'verified', settings.endpoints, settings.endpointPodNames,
  settings.zonal, settings.multicluster.names.length > 0, podLabels, settings.nodes,
]);
/** The same for what was kept in a file: how fast and with which certificate the API is asked makes no difference to that. */
export const keptOf = (settings: Watched, podLabels: boolean): string =>
  watchedBy({ ...settings, api: { ...settings.api, tls: undefined, qps: 0, burst: 0, maxInflight: 0 } }, podLabels);

/** What a stanza's cluster is called: its zones, and where it is where the stanza says so. */
export function clusterName(settings: Watched): string {
  const { kubeconfig, endpoint } = settings.api;
  const where = kubeconfig?.context ?? endpoint;
  return zonesText(settings) + (where === undefined ? '' : ` from ${where}`);
}
/** The zones of a stanza as they stand in a Corefile. */
export const zonesText = ({ zones }: Watched): string => zones.names.map(({ text }) => text.replace(/(.)\.$/, '$1')).join(' ');
