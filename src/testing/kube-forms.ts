// The two forms in which a scripted Kubernetes API sends its objects: JSON, and the binary one of the real API. Knows the numbers of
// fields, as the `generated.proto` files of k8s.io/api have them, of what DNS reads and a little more; knows no requests.
import { octets } from '../dns/latin1.ts';
import { KUBE_KINDS } from './kube-store.ts';
import type { KubeObject, KubeResource } from './kube-store.ts';

/** How objects are written: as text each character of which is an octet, or as text. */
export interface KubeForm {
  /** The content type of lists and objects, and that of watches. */
  readonly type: string;
  readonly watchType: string;
  readonly encoding: 'utf8' | 'latin1';
  event(type: string, object: unknown): string;
  /** The pieces of a list: a first one, one for each object, and a last one. */
  list(metadata: object, items: readonly KubeObject[]): string[];
  object(object: unknown): string;
}

/** JSON of one collection. */
export function jsonForm(resource: KubeResource): KubeForm {
  const { kind, apiVersion } = KUBE_KINDS[resource];
  return {
    type: 'application/json', watchType: 'application/json', encoding: 'utf8', object: (object) => JSON.stringify(object),
    event: (type, object) => `${JSON.stringify({ type, object })}\n`,
    list: (metadata, items) => [
      `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
      ...items.map((item, i) => `${i === 0 ? '' : ','}${JSON.stringify(item)}`), ']}\n',
    ],
  };
}

/** Text, a whole number, yes or no, a map of texts, or a message; in brackets what may stand several times. */
type Kind = 'text' | 'number' | 'flag' | 'map' | Fields;
interface Fields {
  readonly [name: string]: readonly [number: number, kind: Kind | readonly [Kind]];
}
const META: Fields = {
  name: [1, 'text'], generateName: [2, 'text'], namespace: [3, 'text'], uid: [5, 'text'], resourceVersion: [6, 'text'],
  generation: [7, 'number'], labels: [11, 'map'], annotations: [12, 'map'], finalizers: [14, ['text']],
};
const PORT: Fields = { name: [1, 'text'], protocol: [2, 'text'], port: [3, 'number'], nodePort: [5, 'number'] };
const INGRESS: Fields = { ip: [1, 'text'], hostname: [2, 'text'], ipMode: [3, 'text'] };
const ENDPOINT: Fields = {
  addresses: [1, ['text']], conditions: [2, { ready: [1, 'flag'], serving: [2, 'flag'], terminating: [3, 'flag'] }], hostname: [3, 'text'],
  targetRef: [4, { kind: [1, 'text'], namespace: [2, 'text'], name: [3, 'text'], uid: [4, 'text'] }], nodeName: [6, 'text'],
  zone: [7, 'text'],
};
const SERVICE_SPEC: Fields = {
  ports: [1, [PORT]], selector: [2, 'map'], clusterIP: [3, 'text'], type: [4, 'text'], externalIPs: [5, ['text']],
  sessionAffinity: [7, 'text'], loadBalancerIP: [8, 'text'], externalName: [10, 'text'], publishNotReadyAddresses: [13, 'flag'],
  clusterIPs: [18, ['text']], ipFamilies: [19, ['text']],
};
/** Collections that have a binary form; those of a CustomResourceDefinition have none. */
const OBJECTS: { readonly [resource in KubeResource]?: Fields } = {
  namespaces: { metadata: [1, META], status: [3, { phase: [1, 'text'] }] },
  services: { metadata: [1, META], spec: [2, SERVICE_SPEC], status: [3, { loadBalancer: [1, { ingress: [1, [INGRESS]] }] }] },
  endpointslices: {
    metadata: [1, META], endpoints: [2, [ENDPOINT]], ports: [3, [{ name: [1, 'text'], protocol: [2, 'text'], port: [3, 'number'] }]],
    addressType: [4, 'text'],
  },
  nodes: { metadata: [1, META], status: [3, { addresses: [5, [{ type: [1, 'text'], address: [2, 'text'] }]] }] },
  pods: {
    metadata: [1, META], spec: [2, { nodeName: [10, 'text'], hostNetwork: [11, 'flag'] }],
    status: [3, { phase: [1, 'text'], hostIP: [5, 'text'], podIP: [6, 'text'], podIPs: [12, [{ ip: [1, 'text'] }]] }],
  },
};
const STATUS: Fields = {
  status: [2, 'text'], message: [3, 'text'], reason: [4, 'text'], code: [6, 'number'],
  details: [5, { causes: [4, [{ reason: [1, 'text'], message: [2, 'text'] }]], retryAfterSeconds: [5, 'number'] }],
};
const LIST_META: Fields = { resourceVersion: [2, 'text'], continue: [3, 'text'], remainingItemCount: [4, 'number'] };

/** The binary form of one collection; undefined where it has none. What an object holds that is not of its field's kind is left out. */
export function binaryForm(resource: KubeResource): KubeForm | undefined {
  const { kind, apiVersion } = KUBE_KINDS[resource];
  const fields = OBJECTS[resource];
  if (fields === undefined) return undefined;
  const wrapped = (what: string, raw: string) => `k8s\0${bytes(1, bytes(1, apiVersion) + bytes(2, what))}${bytes(2, raw)}`;
  const object = (value: unknown) => {
    const isStatus = (value as { kind?: unknown }).kind === 'Status';
    return wrapped(isStatus ? 'Status' : kind, message(value, isStatus ? STATUS : fields));
  };
  return {
    type: 'application/vnd.kubernetes.protobuf', watchType: 'application/vnd.kubernetes.protobuf;stream=watch', encoding: 'latin1', object,
    event: (type, value) => {
      const event = bytes(1, type) + bytes(2, bytes(1, object(value)));
      return [24, 16, 8, 0].map((shift) => String.fromCharCode((event.length >>> shift) & 255)).join('') + event;
    },
    list: (metadata, items) => {
      const pieces = [bytes(1, message(metadata, LIST_META)), ...items.map((item) => bytes(2, message(item, fields)))];
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const head = wrapped(`${kind}List`, '');
      // The field of the list itself stands last, with nothing in it: its length is put right.
      return [`${head.slice(0, -1)}${varint(size)}${pieces[0]}`, ...pieces.slice(1)];
    },
  };
}

function message(value: unknown, fields: Fields): string {
  if (typeof value !== 'object' || value === null) return '';
  let all = '';
  for (const [name, [number, kind]] of Object.entries(fields)) {
    const found = (value as KubeObject)[name];
    if (typeof kind === 'string' || !isList(kind)) all += field(number, kind, found);
    else if (Array.isArray(found)) for (const each of found) all += field(number, kind[0], each);
  }
  return all;
}
const isList = (kind: Fields | readonly [Kind]): kind is readonly [Kind] => Array.isArray(kind);
function field(number: number, kind: Kind, value: unknown): string {
  if (kind === 'text') return typeof value === 'string' ? bytes(number, octets(value)) : '';
  if (kind === 'flag') return typeof value === 'boolean' ? varint(number << 3) + varint(Number(value)) : '';
  if (kind === 'number') return Number.isSafeInteger(value) ? varint(number << 3) + varint(value as number) : '';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  if (kind !== 'map') return bytes(number, message(value, kind));
  return Object.entries(value).map(([key, each]) => bytes(number, field(1, 'text', key) + field(2, 'text', each))).join('');
}
const bytes = (number: number, value: string): string => varint((number << 3) | 2) + varint(value.length) + value;
/** Seven bits an octet, the lowest first; a negative number has all 64 bits. */
function varint(value: number): string {
  let all = '';
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) all += String.fromCharCode(Number(left & 127n) | 128);
  return all + String.fromCharCode(Number(left));
}

/** Whether a header Accept names the binary form. */
export const acceptsBinary = (accept: string | undefined): boolean =>
  accept?.split(',').some((each) => /^\s*application\/vnd\.kubernetes\.protobuf\s*(;(?!\s*as=).*)?$/.test(each)) === true;
