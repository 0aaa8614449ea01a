// Which ports and endpoints of a service a question means (K8S-6, K8S-7). Knows bytes of questions and of the store; writes nothing.
import { parseAddress } from '../../../dns/address.ts';
import { addressLabel } from '../cluster/facts.ts';
import { Endpoints } from '../cluster/endpoints.ts';
import { HEADLESS, PORTS, SIZE, SLICE_PORTS, afterPort, le16, servicePorts, sliceCluster, slicePorts } from '../cluster/layout.ts';
import { latin1 } from '../cluster/wire-text.ts';
import type { Parsed } from './question.ts';

/** Whether `size` bytes of a question, in lower case, are the text that stands behind its size. */
export function sameText(question: Uint8Array, at: number, size: number, bytes: Uint8Array, text: number): boolean {
  if (bytes[text] !== size) return false;
  for (let i = 0; i < size; i++) if (lower(bytes[text + 1 + i]!) !== question[at + i]) return false;
  return true;
}
const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte | 32 : byte);

/** Whether the port at this offset is one that the question means. What is empty means all. */
export function portMatches(question: Uint8Array, parsed: Parsed, bytes: Uint8Array, port: number): boolean {
  if (parsed.portSize > 0 && !sameText(question, parsed.port, parsed.portSize, bytes, port + 4 + bytes[port + 3]!)) return false;
  return parsed.protocolSize === 0 || sameText(question, parsed.protocol, parsed.protocolSize, bytes, port + 3);
}
/** How many of `count` ports from `at` on the question means. */
export function countPorts(question: Uint8Array, parsed: Parsed, bytes: Uint8Array, at: number, count: number): number {
  if (parsed.portSize === 0 && parsed.protocolSize === 0) return count;
  let matching = 0;
  for (let left = count; left > 0; left--) {
    if (portMatches(question, parsed, bytes, at)) matching++;
    at = afterPort(bytes, at);
  }
  return matching;
}

/**
 * Whether a service has a port with a name and this protocol, in lower case: `size` bytes of a question. Of a headless one the ports of its
 * endpoints count.
 */
export function hasProtocol(question: Uint8Array, at: number, size: number, bytes: Uint8Array, service: number): boolean {
  const among = (port: number, count: number): boolean => {
    for (let left = count; left > 0; left--, port = afterPort(bytes, port)) {
      if (bytes[port + 2] !== 1 && sameText(question, at, size, bytes, port + 3) && bytes[port + 4 + bytes[port + 3]!] !== 0) return true;
    }
    return false;
  };
  if ((bytes[service]! & HEADLESS) === 0) return among(servicePorts(bytes, service), le16(bytes, service + PORTS));
  const endpoints = new Endpoints();
  endpoints.begin(bytes, service);
  while (endpoints.next()) {
    const { slice, count } = endpoints;
    if (count > 0 && among(slicePorts(bytes, slice), le16(bytes, slice + SLICE_PORTS))) return true;
  }
  return false;
}

/** Which endpoints a question means. One object is used again and again. */
export class EndpointFilter {
  #question!: Uint8Array;
  /** Where the endpoint's label begins in the question, behind its length, and its length; 0 for any. */
  #label = 0;
  #size = 0;
  #cluster = 0;
  #zone = '';
  /** The address that the label stands for, where an endpoint has no label of its own. */
  #address: Uint8Array | undefined;
  /** Whether every endpoint is meant. */
  all = true;

  /** Every endpoint is meant. */
  takeAll(): void {
    this.all = true;
    this.#label = 0;
  }
  /** `zone` '' means any. */
  set(question: Uint8Array, { endpoint, endpointSkip, cluster }: Parsed, zone: string): this {
    this.#question = question;
    this.#label = endpoint === 0 ? 0 : endpoint + 1 + endpointSkip;
    this.#size = question[endpoint]! - endpointSkip;
    this.#cluster = cluster;
    this.#zone = zone;
    this.all = endpoint === 0 && zone === '';
    this.#address = endpoint === 0 ? undefined : addressOfLabel(latin1(question, this.#label, this.#size));
    return this;
  }
  /** Whether endpoints of this slice may be meant: its cluster is the one that is asked for, or neither has one (K8S-11). */
  takesSlice(bytes: Uint8Array, slice: number): boolean {
    if (this.#label === 0) return true;
    if (this.#cluster === 0) return bytes[sliceCluster(bytes, slice)] === 0;
    return sameText(this.#question, this.#cluster + 1, this.#question[this.#cluster]!, bytes, sliceCluster(bytes, slice));
  }
  takes(bytes: Uint8Array, endpoint: number): boolean {
    if (this.all) return true;
    const size = bytes[endpoint]! & SIZE;
    const label = endpoint + 1 + size;
    if (this.#zone !== '') {
      const zone = label + 1 + bytes[label]!;
      if (bytes[zone] !== this.#zone.length || latin1(bytes, zone + 1, bytes[zone]!) !== this.#zone) return false;
    }
    if (this.#label === 0) return true;
    if (bytes[label] !== 0) return sameText(this.#question, this.#label, this.#size, bytes, label);
    const address = this.#address;
    if (address === undefined || address.length !== size) return false;
    for (let i = 0; i < size; i++) if (bytes[endpoint + 1 + i] !== address[i]) return false;
    return true;
  }
}

/** The address that a label made by `addressLabel` stands for; undefined for others. */
export function addressOfLabel(label: string): Uint8Array | undefined {
  const dashes = label.split('-').length - 1;
  const address = parseAddress(label.replaceAll('-', dashes === 3 && !label.includes('--') ? '.' : ':'));
  return address !== undefined && addressLabel(address) === label ? address : undefined;
}
