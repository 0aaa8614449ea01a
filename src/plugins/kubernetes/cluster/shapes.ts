// What is read of the API's objects where it sends them in binary form: the numbers of their fields, as its `generated.proto` files have
// them. Knows the same names as facts.ts; reads nothing.
import { type Shape, entries, many, one, shape } from '../../../kube-api/protobuf.ts';

const CHANGED = 'endpoints.kubernetes.io/last-change-trigger-time', END = 'k8s.io/initial-events-end';

/** An object with this metadata, without labels where there is no field for them, and further fields. */
function object(labels: ReturnType<typeof entries> | undefined, more: Parameters<typeof shape>[0]): Shape {
  const metadata = shape({
    1: one('name', 'text'), 3: one('namespace', 'text'), 6: one('resourceVersion', 'text'), ...(labels === undefined ? {} : { 11: labels }),
    12: entries('annotations', [CHANGED, END]),
  });
  return shape({ 1: one('metadata', metadata), ...more });
}
const port = shape({ 1: one('name', 'text'), 2: one('protocol', 'text'), 3: one('port', 'number') });
const ingress = shape({ 1: one('ip', 'text'), 2: one('hostname', 'text') });

/** A Namespace. */
export const NAMESPACE_SHAPE: Shape = object(undefined, {});
/** A Service. */
export const SERVICE_SHAPE: Shape = object(undefined, {
  2: one('spec', shape({
    1: many('ports', port), 3: one('clusterIP', 'text'), 4: one('type', 'text'), 5: many('externalIPs', 'text'),
    10: one('externalName', 'text'), 18: many('clusterIPs', 'text'),
  })),
  3: one('status', shape({ 1: one('loadBalancer', shape({ 1: many('ingress', ingress) })) })),
});
/** An EndpointSlice, with these labels; names of pods and topology zones where they are wanted. */
export const sliceShape = (labels: readonly string[], podNames: boolean, zones: boolean): Shape => object(entries('labels', labels), {
  2: many('endpoints', shape({
    1: many('addresses', 'text'), 2: one('conditions', shape({ 1: one('ready', 'flag') })), 3: one('hostname', 'text'),
    ...(podNames ? { 4: one('targetRef', shape({ 3: one('name', 'text') })) } : {}), ...(zones ? { 7: one('zone', 'text') } : {}),
  })),
  3: many('ports', port), 4: one('addressType', 'text'),
});
/** A Node. */
export const NODE_SHAPE: Shape = object(undefined, {
  3: one('status', shape({ 5: many('addresses', shape({ 1: one('type', 'text'), 2: one('address', 'text') })) })),
});
/** A Pod, with its labels where they are wanted. */
export const podShape = (labels: boolean): Shape => object(labels ? entries('labels') : undefined, {
  2: one('spec', shape({ 11: one('hostNetwork', 'flag') })),
  3: one('status', shape({ 1: one('phase', 'text'), 12: many('podIPs', shape({ 1: one('ip', 'text') })) })),
});
