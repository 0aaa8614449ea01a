// Kubernetes objects as short lines, and as JSON: what stands below a step `kube add`. Knows what DNS reads of objects; knows no server.
import { kubeResource } from './kube-store.ts';
import type { KubeObject, KubeResource } from './kube-store.ts';

/** An object and where it belongs. */
export interface KubeItem {
  readonly resource: KubeResource;
  readonly object: KubeObject;
}

/** The collections whose objects can be lines; those of others are JSON. */
type LineResource = 'namespaces' | 'services' | 'endpointslices' | 'pods' | 'serviceimports' | 'nodes';
/** The first words of lines, and the collections that they stand for. */
const WORDS: { readonly [word: string]: LineResource } = {
  namespace: 'namespaces', service: 'services', slice: 'endpointslices', pod: 'pods', import: 'serviceimports', node: 'nodes',
};
/** Whose objects are in no namespace. */
const NOT_IN_NAMESPACES: readonly LineResource[] = ['namespaces', 'nodes'];
const PORT = /^(?:([\w-]*):)?(\d+)(?:\/(TCP|UDP|SCTP))?$/;
const ENDPOINT = /^([^=^@!]+)(?:=([^^@!]+))?(?:\^([^@!]+))?(?:@([^!]+))?(!)?$/;
const ADDRESS = /^(?:\d+\.){3}\d+$|^[0-9a-f]*:[0-9a-f:.]*$/i;

/**
 * Reads a block: JSON (`{"services": [...]}`, or objects of the kind `named`), or lines, one object each. Throws Error.
 */
export function readKubeBlock(block: readonly string[], named: string): KubeItem[] {
  const text = block.join('\n').trim();
  if (!/^[[{]/.test(text)) return block.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).map(readKubeLine);
  const json = JSON.parse(text) as KubeObject | KubeObject[];
  if (named !== '') return [json].flat().map((object) => ({ resource: kubeResource(named), object }));
  if (Array.isArray(json)) return json.map((object) => ({ resource: kubeResource(String(object['kind'])), object }));
  return readKubeCluster(json as { readonly [collection: string]: readonly KubeObject[] });
}
/** The objects of a fixture: lists by the names of their collections. */
const readKubeCluster = (cluster: { readonly [collection: string]: readonly KubeObject[] }): KubeItem[] =>
  Object.entries(cluster).flatMap(([name, objects]) => objects.map((object) => ({ resource: kubeResource(name), object })));

/** Reads one line, such as `service testns/web 10.96.0.10 http:80/TCP app=one`. Throws Error. */
function readKubeLine(line: string): KubeItem {
  const [word = '', place = '', ...rest] = line.split(/\s+/);
  const resource = WORDS[word];
  if (resource === undefined) throw new Error(`"${word}" is no object; there are ${Object.keys(WORDS).join(', ')}`);
  const [name = '', namespace] = place.split('/').reverse();
  const isAlone = NOT_IN_NAMESPACES.includes(resource);
  if (name === '' || (namespace === undefined) !== isAlone) throw new Error(`"${place}" is no place for a ${word}`);
  const labels: Record<string, string> = {};
  const words = rest.filter((each) => {
    const [, key, value] = /^([\w./-]*[a-z][\w./-]*)=(.*)$/i.exec(each) ?? [];
    if (key !== undefined) labels[key] = value!;
    return key === undefined;
  });
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), labels };
  return { resource, object: BODIES[resource](words, metadata) };
}

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Record<string, string>;
}
const BODIES: { readonly [resource in LineResource]: (words: readonly string[], metadata: Metadata) => KubeObject } = {
  namespaces: (words, metadata) => {
    none(words);
    return { metadata };
  },
  services: service, endpointslices: slice, pods: pod, serviceimports: imported, nodes: node,
};

/** `ADDRESS... | None | ExternalName NAME`, ports, `ready-or-not`. */
function service(words: readonly string[], metadata: Metadata): KubeObject {
  const at = words.indexOf('ExternalName');
  const externalName = at < 0 ? undefined : words[at + 1];
  const { addresses, ports, others } = sort(words.filter((_, i) => at < 0 || (i !== at && i !== at + 1)));
  const clusterIPs = others.includes('None') ? ['None'] : addresses;
  const unready = others.includes('ready-or-not') ? { publishNotReadyAddresses: true } : {};
  none(others.filter((word) => word !== 'None' && word !== 'ready-or-not'));
  if (externalName !== undefined) return { metadata, spec: { type: 'ExternalName', externalName, ports } };
  const ipFamilies = addresses.length === 0 ? ['IPv4'] : addresses.map(familyOf);
  return { metadata, spec: { type: 'ClusterIP', clusterIP: clusterIPs[0] ?? '', clusterIPs, ipFamilies, ports, ...unready }, status: {} };
}
/** `SERVICE`, ports, and endpoints: `ADDRESS[=HOSTNAME][^POD][@ZONE][!]`, the last where it is not ready. */
function slice([service = '', ...words]: readonly string[], metadata: Metadata): KubeObject {
  const { ports } = sort(words);
  const endpoints = words.filter((word) => !PORT.test(word)).map((word) => {
    const [, address = '', hostname, podName, zone, unready] = ENDPOINT.exec(word) ?? [];
    if (!ADDRESS.test(address)) throw new Error(`"${word}" is no endpoint`);
    const ready = unready === undefined;
    return {
      addresses: [address], conditions: { ready, serving: ready, terminating: false }, ...(hostname === undefined ? {} : { hostname }),
      ...(zone === undefined ? {} : { zone }),
      ...(podName === undefined ? {} : { targetRef: { kind: 'Pod', name: podName, namespace: metadata.namespace } }),
    };
  });
  const labels = { 'kubernetes.io/service-name': service, ...metadata.labels };
  return { metadata: { ...metadata, labels }, addressType: familyOf(endpoints[0]?.addresses[0] ?? ''), endpoints, ports };
}
/** Addresses and a phase. */
function pod(words: readonly string[], metadata: Metadata): KubeObject {
  const { addresses, others: [phase = 'Running', ...others] } = sort(words);
  none(others);
  return { metadata, spec: {}, status: { phase, podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) } };
}
/** Addresses, of which those behind the word `external` are reached from outside. */
function node(words: readonly string[], metadata: Metadata): KubeObject {
  const at = words.indexOf('external');
  const { addresses, others } = sort(words.filter((_, i) => i !== at));
  none(others);
  const within = at < 0 ? addresses.length : at;
  const typed = addresses.map((address, i) => ({ type: i < within ? 'InternalIP' : 'ExternalIP', address }));
  return { metadata, status: { addresses: typed } };
}
/** `ClusterSetIP ADDRESS...` or `Headless`, and ports. */
function imported(words: readonly string[], metadata: Metadata): KubeObject {
  const { addresses, ports, others: [type = 'ClusterSetIP', ...others] } = sort(words);
  none(others);
  return { metadata, spec: { type, ips: addresses, ports } };
}

/** Addresses, ports and what is neither. */
function sort(words: readonly string[]): { addresses: string[]; ports: object[]; others: string[] } {
  const ports = words.flatMap((word) => {
    const [, name, port, protocol = 'TCP'] = PORT.exec(word) ?? [];
    return port === undefined ? [] : [{ ...(name ? { name } : {}), port: Number(port), protocol }];
  });
  const others = words.filter((word) => !PORT.test(word));
  return { addresses: others.filter((word) => ADDRESS.test(word)), ports, others: others.filter((word) => !ADDRESS.test(word)) };
}
const familyOf = (address: string): string => (address.includes(':') ? 'IPv6' : 'IPv4');
function none(words: readonly string[]): void {
  if (words.length > 0) throw new Error(`cannot read "${words.join(' ')}"`);
}
