// What DNS needs of an API object, read from JSON of which nothing is certain (K8S-3). Knows the API's field names; keeps no object.
import { parseAddress, printAddress, unmap } from '../../../dns/address.ts';
import { Name } from '../../../dns/name.ts';
import type { ApiObject } from '../../../kube-api/sink.ts';
import type { NodeAddresses } from './watched.ts';
import { quoted } from '../../../wording/quote.ts';

/** A port of a service or slice. Texts are in lower case: names are compared without regard to it. */
export interface Port {
  /** -1 where there is none: it makes no SRV record. */
  readonly port: number;
  readonly name: string;
  readonly protocol: string;
}
/** One address of an endpoint. */
export interface Endpoint {
  /** A Name in a slice of type FQDN. */
  readonly address: Uint8Array | Name;
  /** Its label (K8S-7), '' where it is made of the address. */
  readonly label: string;
  /** Its topology zone in lower case. */
  readonly zone: string;
}
/** A Service or ServiceImport. */
export interface ServiceFacts {
  readonly headless: boolean;
  readonly addresses: readonly Uint8Array[];
  readonly ports: readonly Port[];
  /** Of a Service of type ExternalName. */
  readonly externalName: Name | undefined;
  /** External addresses, then those of the load balancer; a Name where it has a host name. */
  readonly externals: readonly (Uint8Array | Name)[];
}
/** An EndpointSlice: its ready endpoints. */
export interface SliceFacts {
  readonly ports: readonly Port[];
  readonly endpoints: readonly Endpoint[];
}
/** A Pod. */
export interface PodFacts {
  /** Each once. */
  readonly addresses: readonly Uint8Array[];
  /** Whether its addresses are the node's: then whoever has one of them may be anybody there. */
  readonly onHost: boolean;
  readonly labels: { readonly [key: string]: string };
}

type Fields = { readonly [field: string]: unknown };
/** Is told what is odd about an object. */
export type Complain = (what: string) => void;

const NOTHING: { readonly [field: string]: never } = {};
/** A field as an object: empty where it is something else. */
export const fields = (value: unknown): Fields =>
  (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NOTHING);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** A field as text: '' where it is something else. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** Texts of a map; what is no text is left out. */
export function texts(map: unknown): { readonly [key: string]: string } {
  return Object.fromEntries(Object.entries(fields(map)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

const LABEL = /^[!-~]{1,63}$/;
/** Whether a text can be one label of a name. */
export const isLabel = (value: string): boolean => LABEL.test(value) && !value.includes('.');

/** An odd value as the log shows it. */
const shown = (value: unknown): string => quoted((typeof value === 'string' ? value : String(JSON.stringify(value))).slice(0, 100));
/** An IPv4-mapped one is taken as IPv4: answers hold it as CoreDNS's do. */
function address(value: unknown, complain: Complain): Uint8Array | undefined {
  const parsed = parseAddress(text(value));
  if (parsed === undefined) complain(`${shown(value)} is no IP address`);
  return parsed === undefined ? undefined : unmap(parsed);
}
/** Those of a list that are addresses. */
function addressesOf(values: readonly unknown[], complain: Complain): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const each of values) {
    const parsed = each === '' || each === undefined ? undefined : address(each, complain);
    if (parsed !== undefined) found.push(parsed);
  }
  return different(found);
}
const different = (addresses: readonly Uint8Array[]): readonly Uint8Array[] =>
  (addresses.length < 2 ? addresses : [...new Map(addresses.map((each) => [each.join(), each])).values()]);
function port(value: unknown): Port {
  const { port: number, name, protocol } = fields(value);
  const valid = typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65535;
  return { port: valid ? number : -1, name: text(name).toLowerCase().slice(0, 255), protocol: text(protocol).toLowerCase().slice(0, 255) };
}
/** As CoreDNS: without ports there is one that makes no SRV record. */
function ports(value: unknown): Port[] {
  const found = list(value).map(port);
  return found.length > 0 ? found : [{ port: -1, name: '', protocol: '' }];
}
function hostName(value: unknown, complain: Complain): Name | undefined {
  const name = text(value);
  if (name === '') return undefined;
  const parsed = Name.maybe(name.endsWith('.') ? name : `${name}.`);
  if (parsed === undefined) complain(`${shown(name)} is no name`);
  return parsed;
}

/** What is needed of a Service. */
export function serviceFacts(object: ApiObject, complain: Complain): ServiceFacts {
  const spec = fields(object.spec);
  const stated = list(spec.clusterIPs).length > 0 ? list(spec.clusterIPs) : [spec.clusterIP];
  const external = spec.type === 'ExternalName';
  const headless = !external && stated[0] === 'None';
  const externalName = external && parseAddress(text(spec.externalName)) === undefined ? hostName(spec.externalName, complain) : undefined;
  return {
    headless, externalName,
    // An ExternalName that is none has no name in DNS: no port, so nothing that a question could mean (K8S-6).
    ports: external && externalName === undefined ? [] : ports(spec.ports),
    addresses: headless || external ? [] : addressesOf(stated, complain),
    externals: externalsOf(object, complain),
  };
}
function externalsOf(object: ApiObject, complain: Complain): (Uint8Array | Name)[] {
  const ingress = list(fields(fields(object.status).loadBalancer).ingress).map(fields);
  const stated = [...list(fields(object.spec).externalIPs), ...ingress.map(({ ip, hostname }) => text(ip) || text(hostname))];
  if (stated.length === 0) return [];
  const externals = stated.flatMap((each) => parseAddress(text(each)) ?? hostName(each, complain) ?? []);
  // The load balancer may have been given an address that is stated too.
  return [...new Map(externals.map((each) => [each instanceof Uint8Array ? each.join() : each.key, each])).values()];
}
/** What is needed of a ServiceImport (K8S-11). */
export function importFacts(object: ApiObject, complain: Complain): ServiceFacts {
  const spec = fields(object.spec);
  return {
    headless: spec.type === 'Headless', addresses: different(list(spec.ips).flatMap((each) => address(each, complain) ?? [])),
    // As CoreDNS: an import without ports has no records, where a service has addresses.
    ports: list(spec.ports).map(port), externalName: undefined, externals: [],
  };
}
/** What is needed of an EndpointSlice. `podNames`: pods give names to their endpoints; `zones`: topology zones are kept. */
export function sliceFacts(object: ApiObject, podNames: boolean, zones: boolean, complain: Complain): SliceFacts {
  const endpoints: Endpoint[] = [];
  for (const each of list(object.endpoints)) {
    const { conditions, addresses, hostname, targetRef, zone } = fields(each);
    // Absent means ready: "consumers should interpret this unknown state as ready".
    if (fields(conditions).ready === false) continue;
    let label = text(hostname);
    // K8S-7: a pod's name of 64 bytes and more is no label.
    if (label === '' && podNames && text(fields(targetRef).name).length < 64) label = text(fields(targetRef).name);
    if (label !== '' && !isLabel(label)) {
      complain(`${shown(label)} can be no label of a name`);
      label = '';
    }
    for (const one of list(addresses)) {
      const inZone = zones ? text(zone).toLowerCase().slice(0, 255) : '';
      const named = object.addressType === 'FQDN' ? namedEndpoint(text(one), label, complain) : undefined;
      if (named !== undefined) endpoints.push({ ...named, zone: inZone });
      if (object.addressType === 'FQDN') continue;
      const parsed = address(one, complain);
      if (parsed !== undefined) endpoints.push({ address: parsed, label: label || spelledLabel(text(one), parsed), zone: inZone });
    }
  }
  return { ports: ports(object.ports), endpoints };
}

/** An endpoint of a slice of type FQDN: its label is made of the name, where it has none (K8S-7). */
function namedEndpoint(value: string, label: string, complain: Complain): Omit<Endpoint, 'zone'> | undefined {
  const name = hostName(value, complain);
  if (name === undefined) return undefined;
  const own = label || dashed(value.replace(/\.$/, '').toLowerCase());
  if (isLabel(own)) return { address: name, label: own };
  complain(`${shown(own)} can be no label of a name`);
  return undefined;
}

/**
 * What is needed of a Pod, its labels where they are wanted; undefined for one that has ended. One that is being deleted serves until it
 * has: its grace period may be long.
 */
export function podFacts(object: ApiObject, labels: boolean): PodFacts | undefined {
  const { phase, podIPs } = fields(object.status);
  if (phase === 'Succeeded' || phase === 'Failed') return undefined;
  const addresses = different(list(podIPs).flatMap((each) => {
    const parsed = parseAddress(text(fields(each).ip));
    return parsed === undefined ? [] : [unmap(parsed)];
  }));
  return {
    addresses: addresses.slice(0, 255), onHost: fields(object.spec).hostNetwork === true,
    labels: labels ? texts(object.metadata?.labels) : NOTHING,
  };
}

/** The addresses of a Node that count. */
export function nodeAddresses(object: ApiObject, which: NodeAddresses, complain: Complain): readonly Uint8Array[] {
  const type = which === 'internal' ? 'InternalIP' : 'ExternalIP';
  const stated = list(fields(object.status).addresses).map(fields).filter((each) => each.type === type);
  return addressesOf(stated.map((each) => each.address), complain);
}

/** K8S-7: the label of an endpoint that has no name: its address with dashes. */
export const addressLabel = (address: Uint8Array): string => dashed(printAddress(address));
function dashed(address: string): string {
  const label = address.replace(/[.:]/g, '-');
  return label.endsWith('-') ? `${label}0` : label;
}
/** As CoreDNS: the label of an IPv6 address that is not spelled as usual (RFC 5952) is made of its spelling; '' for all others. */
function spelledLabel(spelled: string, address: Uint8Array): string {
  const unusual = address.length === 16 && !spelled.includes('.') && spelled !== printAddress(address);
  return unusual && isLabel(dashed(spelled)) ? dashed(spelled) : '';
}
