// The name of a question by the DNS schema of Kubernetes (K8S-5): which labels are namespace, service, endpoint, port. Knows labels as
// bytes; knows no records.
import type { Asked, Place } from '../../../authority/served-zones.ts';

/** What a name stands for. */
export const NO_NAME = 0, APEX = 1, SUBDOMAIN = 2, NAMESPACE = 3, SERVICE_NAME = 4, POD_NAME = 5, VERSION = 6, NAME_SERVER = 7;
/** The name above the name server's, which owns nothing. */
export const ABOVE_SERVER = 8;
/** A name at or below `node`, where nodes have names. */
export const NODE_NAME = 9;

const SVC = 0x03737663, POD = 0x03706f64;
/** `_zone` behind its length, and the two words before it. */
const ZONE_LABEL = '\x05_zone', PIN = '\x03pin', PREFER = '\x06prefer';
const NODE = '\x04node', DNS_VERSION = '\x0bdns-version', NS_DNS = '\x02ns\x03dns', DNS = '\x03dns';

/**
 * A question taken apart. One object is used for one after the other. Labels are offsets into the query's bytes, where the label's length
 * stands; 0 where there is none.
 */
export class Parsed {
  kind = NO_NAME;
  /** Whether it is below `pod`. */
  ofPods = false;
  /** The namespace, and the service or pod. */
  namespace = 0;
  service = 0;
  endpoint = 0;
  /** How many bytes of the endpoint's label do not count: its underscore, in a zone of external names. */
  endpointSkip = 0;
  cluster = 0;
  /** Without their underscores: the offset of the first byte, and how many. */
  port = 0;
  portSize = 0;
  protocol = 0;
  protocolSize = 0;
  /** Topology zone (K8S-10): text in lower case, '' where the name has none. */
  zone = '';
  prefer = false;
  /** Why it is no name: what CoreDNS's label `kubernetes/parse-error` says. */
  invalid = false;

  /** Takes the name apart. `multicluster`: two labels may be endpoint and cluster; `zonal`: names of topology zones exist. */
  read(query: Asked, place: Place, multicluster: boolean, zonal: boolean): void {
    const { bytes } = query;
    const { labels, at } = place;
    this.#reset();
    if (labels === 0) {
      this.kind = APEX;
      return;
    }
    const last = at[labels - 1]!;
    const first = (bytes[last]! << 24) | (bytes[last + 1]! << 16) | (bytes[last + 2]! << 8) | bytes[last + 3]!;
    if (first !== SVC && first !== POD) {
      this.invalid = true;
      if (is(bytes, last, NODE)) this.kind = NODE_NAME;
      else if (labels === 1 && is(bytes, last, DNS_VERSION)) this.kind = VERSION;
      else if (labels === 1 && is(bytes, last, DNS)) this.kind = ABOVE_SERVER;
      else if (labels === 2 && is(bytes, at[0]!, NS_DNS)) this.kind = NAME_SERVER;
      return;
    }
    if (labels === 1) {
      this.kind = SUBDOMAIN;
      return;
    }
    this.ofPods = first === POD;
    this.namespace = at[labels - 2]!;
    this.kind = NAMESPACE;
    if (labels === 2) return;
    this.service = at[labels - 3]!;
    if (labels === 3) this.kind = this.ofPods ? POD_NAME : SERVICE_NAME;
    else if (labels === 4 && !this.ofPods) {
      this.endpoint = at[0]!;
      this.kind = SERVICE_NAME;
    } else if (labels === 5 && !this.ofPods && this.#pair(bytes, at[0]!, at[1]!, multicluster)) this.kind = SERVICE_NAME;
    else if (labels > 5 && zonal && !multicluster && !this.ofPods && this.#zonal(query, place)) this.kind = SERVICE_NAME;
    else {
      this.kind = NO_NAME;
      this.invalid = true;
    }
  }
  /** The same for a zone of external names, where services are directly below their namespaces (KEXT-3). */
  readExternal({ bytes }: Asked, { labels, at }: Place): void {
    this.#reset();
    if (labels === 0 || labels > 4) return;
    this.namespace = at[labels - 1]!;
    this.kind = NAMESPACE;
    if (labels === 1) return;
    this.service = at[labels - 2]!;
    this.kind = SERVICE_NAME;
    if (labels === 4 && !this.#pair(bytes, at[0]!, at[1]!, false)) this.kind = NO_NAME;
    else if (labels === 3) {
      this.endpoint = at[0]!;
      this.endpointSkip = underscore(bytes, this.endpoint);
    }
  }
  #reset(): void {
    this.kind = NO_NAME;
    this.namespace = this.service = this.endpoint = this.endpointSkip = this.cluster = 0;
    this.port = this.portSize = this.protocol = this.protocolSize = 0;
    this.zone = '';
    this.prefer = false;
    this.invalid = false;
    this.ofPods = false;
  }
  /** Port and protocol, both with underscores (RFC 2782), or endpoint and cluster, both without; false where they are neither. */
  #pair(bytes: Uint8Array, first: number, second: number, multicluster: boolean): boolean {
    const underscores = underscore(bytes, first) + underscore(bytes, second);
    if (multicluster && underscores === 0) {
      this.endpoint = first;
      this.cluster = second;
      return true;
    }
    if (underscores < 2) return false;
    this.port = first + 1 + underscore(bytes, first);
    this.portSize = bytes[first]! - underscore(bytes, first);
    this.protocol = second + 1 + underscore(bytes, second);
    this.protocolSize = bytes[second]! - underscore(bytes, second);
    return true;
  }
  /** `ZONE.pin._zone` or `ZONE.prefer._zone` before the service, where the zone may have several labels. */
  #zonal({ bytes }: Asked, { at, labels }: Place): boolean {
    if (!is(bytes, at[labels - 4]!, ZONE_LABEL)) return false;
    const directive = at[labels - 5]!;
    this.prefer = is(bytes, directive, PREFER);
    if (!this.prefer && !is(bytes, directive, PIN)) return false;
    let zone = '';
    for (let i = 0; i < labels - 5; i++) {
      if (i > 0) zone += '.';
      for (let k = at[i]! + 1; k < at[i + 1]!; k++) zone += String.fromCharCode(bytes[k]!);
    }
    this.zone = zone;
    return true;
  }
}

/** 1 where the label begins with an underscore. */
const underscore = (bytes: Uint8Array, label: number): number => (bytes[label + 1] === 0x5f ? 1 : 0);
/** Whether these bytes stand there. */
function is(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
