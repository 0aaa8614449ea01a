// The kinds of object under deploy/, as types of the Kubernetes API. Those of the Prometheus operator are written here, as far as they
// are used. Knows types alone; manifest-types.ts asks the compiler whether an object is one.
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.js';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js';
import type { ConfigMap, Service, ServiceAccount } from 'kubernetes-types/core/v1.js';
import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from 'kubernetes-types/rbac/v1.js';

type Named = ObjectMeta & { name: string };

interface Relabeling {
  action?: string;
  regex?: string;
  sourceLabels?: string[];
  targetLabel?: string;
  replacement?: string;
}

interface ServiceMonitor {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'ServiceMonitor';
  metadata: Named;
  spec: {
    jobLabel?: string;
    selector: LabelSelector;
    namespaceSelector?: { any?: boolean; matchNames?: string[] };
    endpoints: {
      port: string;
      interval?: string;
      scrapeTimeout?: string;
      scheme?: 'http' | 'https';
      honorLabels?: boolean;
      tlsConfig?: { insecureSkipVerify?: boolean; serverName?: string; caFile?: string };
      relabelings?: Relabeling[];
      metricRelabelings?: Relabeling[];
    }[];
  };
}

/** One alert of a rules file. */
export interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: 'info' | 'warning' | 'critical' };
  annotations: { summary: string; description: string; runbook: string };
}

/** What a rules file of Prometheus holds. */
export interface Rules {
  groups: { name: string; rules: Alert[] }[];
}

interface PrometheusRule {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'PrometheusRule';
  metadata: Named;
  spec: Rules;
}

interface Kustomization {
  apiVersion: 'kustomize.config.k8s.io/v1beta1';
  kind: 'Kustomization';
  resources: string[];
}

/** Every kind that may stand under deploy/, by its apiVersion and kind. Which it is, is never left open. */
export interface Kinds {
  'apps/v1 DaemonSet': Sure<DaemonSet>;
  'apps/v1 Deployment': Sure<Deployment>;
  'autoscaling/v2 HorizontalPodAutoscaler': Sure<HorizontalPodAutoscaler>;
  'kustomize.config.k8s.io/v1beta1 Kustomization': Kustomization;
  'monitoring.coreos.com/v1 PrometheusRule': PrometheusRule;
  'monitoring.coreos.com/v1 ServiceMonitor': ServiceMonitor;
  'networking.k8s.io/v1 NetworkPolicy': Sure<NetworkPolicy>;
  'policy/v1 PodDisruptionBudget': Sure<PodDisruptionBudget>;
  'rbac.authorization.k8s.io/v1 ClusterRole': Sure<ClusterRole>;
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': Sure<ClusterRoleBinding>;
  'rbac.authorization.k8s.io/v1 Role': Sure<Role>;
  'rbac.authorization.k8s.io/v1 RoleBinding': Sure<RoleBinding>;
  'v1 ConfigMap': Sure<ConfigMap>;
  'v1 Service': Sure<Service>;
  'v1 ServiceAccount': Sure<ServiceAccount>;
}

type Sure<T extends { apiVersion?: string; kind?: string; metadata?: ObjectMeta }> =
  T & { apiVersion: NonNullable<T['apiVersion']>; kind: NonNullable<T['kind']>; metadata: Named };

/** An object whose kind was read from the object itself. */
export type Manifest = Kinds[Exclude<keyof Kinds, `kustomize${string}`>];

/** The object as the kind that it says it is. Throws where it is another. */
export function as<K extends Manifest['kind']>(manifest: Manifest | undefined, kind: K): Extract<Manifest, { kind: K }> {
  if (manifest?.kind !== kind) throw new Error(`there is no ${kind} but ${manifest?.kind}`);
  return manifest as Extract<Manifest, { kind: K }>;
}
