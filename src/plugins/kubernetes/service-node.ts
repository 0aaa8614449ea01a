// A service as records: addresses of its own or of its endpoints, SRV records with what belongs beside them (K8S-6 to K8S-11). Knows how
// services lie in the store; looks up nothing.
import type { Node } from '../../authority/backend.ts';
import type { Place } from '../../authority/served-zones.ts';
import { ADDITIONAL, address, answerAddress } from '../../authority/write.ts';
import { Name } from '../../dns/name.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { addressLabel } from './facts.ts';
import { ADDRESSES, EXTERNAL_NAME, HEAD, HEADLESS, PORTS, SERVICE, SIZE, SLICES, SLICE_ENDPOINTS, SLICE_PORTS, afterEndpoint,
  afterPort, le16, le32, serviceExternals, serviceName, servicePorts, sliceCluster, sliceEndpoints, slicePorts, textAt } from './layout.ts';
import { EndpointFilter, countPorts, latin1, portMatches } from './match.ts';
import type { Parsed } from './question.ts';
import { writeSrv } from './srv.ts';

const A = 1, CNAME = 5, AAAA = 28, SRV = 33;
/** Bytes of a name (RFC 1035 section 2.3.4). */
const LONGEST_NAME = 255;

/** What a stanza says of its services. */
export interface ServiceRules {
  /** Seconds: of addresses, and of SRV records. */
  readonly ttl: number;
  readonly serviceTtl: number;
  /** Whether targets of SRV records are in lower case, zone and all. */
  readonly folded: boolean;
  readonly ignoreEmpty: boolean;
}

/** The service that a question means. One object is used for one question after the other. */
export class ServiceNode implements Node {
  readonly #rules: ServiceRules;
  readonly #filter = new EndpointFilter();
  #bytes!: Uint8Array;
  #at = 0;
  #flags = 0;
  #parsed!: Parsed;
  /** Whether its endpoints are meant rather than its own addresses. */
  #endpoints = false;
  /** Its addresses: where the first one is, and how many there are. */
  #first = 0;
  #addresses = 0;
  /** Records before duplicates are left out: what weights are made of (LIB-11). */
  count = 0;

  constructor(rules: ServiceRules) {
    this.#rules = rules;
  }

  /** Looks at the service whose bytes begin at `at`; false: the question means nothing that there is. */
  find(query: Query, parsed: Parsed, bytes: Uint8Array, at: number): boolean {
    const flags = bytes[at]!;
    if ((flags & SERVICE) === 0) return false;
    this.#bytes = bytes;
    this.#at = at;
    this.#flags = flags;
    this.#parsed = parsed;
    this.count = 0;
    const headless = (flags & HEADLESS) !== 0;
    if ((flags & EXTERNAL_NAME) !== 0) {
      this.count = 1;
      return parsed.endpoint === 0 && parsed.portSize === 0 && parsed.protocolSize === 0 && parsed.zone === '';
    }
    if (parsed.zone !== '' && !headless) return false;
    if (!headless && this.#rules.ignoreEmpty && this.#isEmpty()) return false;
    this.#endpoints = headless || parsed.endpoint !== 0;
    if (this.#endpoints) return this.#findEndpoints(query, parsed);
    this.#first = at + HEAD;
    this.#addresses = bytes[at + ADDRESSES]!;
    return this.#countAddresses(query, parsed) > 0;
  }
  /**
   * The same for a zone of external names (KEXT-3): the service's external addresses are meant, of which none may be a name if `write` is
   * to be called for addresses or SRV records. With `headless` the endpoints of one that has none are.
   */
  findExternal(query: Query, parsed: Parsed, bytes: Uint8Array, at: number, headless: boolean): boolean {
    if ((bytes[at]! & SERVICE) === 0) return false;
    this.#bytes = bytes;
    this.#at = at;
    this.#flags = bytes[at]! & ~EXTERNAL_NAME;
    this.#parsed = parsed;
    this.count = 0;
    const externals = serviceExternals(bytes, at);
    this.#addresses = le16(bytes, externals);
    this.#first = externals + 2;
    this.#endpoints = headless && this.#addresses === 0 && ((this.#flags & HEADLESS) !== 0 || parsed.endpoint !== 0);
    if (this.#endpoints) return this.#findEndpoints(query, parsed);
    return this.#countAddresses(query, parsed) > 0 && this.#addresses > 0;
  }
  /** Sets `count`; how many ports are meant. */
  #countAddresses(query: Query, parsed: Parsed): number {
    const bytes = this.#bytes;
    const ports = countPorts(query.bytes, parsed, bytes, servicePorts(bytes, this.#at), le16(bytes, this.#at + PORTS));
    // One that has no address yet exists all the same.
    this.count = ports * Math.max(1, this.#addresses);
    return ports;
  }
  #findEndpoints(query: Query, parsed: Parsed): boolean {
    this.#filter.set(query.bytes, parsed, parsed.zone);
    this.count = this.#countEndpoints(query, parsed);
    if (this.count === 0 && parsed.prefer) {
      this.#filter.set(query.bytes, parsed, '');
      this.count = this.#countEndpoints(query, parsed);
    }
    // A name of a topology zone exists whatever is in the zone (K8S-10).
    return this.count > 0 || parsed.zone !== '';
  }
  #isEmpty(): boolean {
    const bytes = this.#bytes;
    let at = this.#at + le32(bytes, this.#at + SLICES);
    for (let left = le16(bytes, at), slice = at + 2; left > 0; left--) {
      if (le32(bytes, slice + SLICE_ENDPOINTS) > 0) return false;
      slice += le32(bytes, slice);
      at = slice;
    }
    return true;
  }
  #countEndpoints(query: Query, parsed: Parsed): number {
    const bytes = this.#bytes;
    let found = 0;
    let slice = this.#at + le32(bytes, this.#at + SLICES);
    let left = le16(bytes, slice);
    for (slice += 2; left > 0; left--, slice += le32(bytes, slice)) {
      if (!this.#filter.takesSlice(bytes, slice)) continue;
      const ports = countPorts(query.bytes, parsed, bytes, slicePorts(bytes, slice), le16(bytes, slice + SLICE_PORTS));
      const endpoints = le32(bytes, slice + SLICE_ENDPOINTS);
      if (ports === 0 || endpoints === 0) continue;
      if (this.#filter.all) found += ports * endpoints;
      else {
        let at = sliceEndpoints(bytes, slice);
        for (let n = endpoints; n > 0; n--, at = afterEndpoint(bytes, at)) if (this.#filter.takes(bytes, at)) found += ports;
      }
    }
    return found;
  }

  alias(type: number): Name | undefined {
    if ((this.#flags & EXTERNAL_NAME) === 0 || (type !== A && type !== AAAA && type !== CNAME)) return undefined;
    return Name.wire(textAt(this.#bytes, serviceName(this.#bytes, this.#at)));
  }
  write(type: number, reply: Message, query: Query, place: Place): void {
    if ((this.#flags & EXTERNAL_NAME) !== 0) return;
    if (type === A || type === AAAA) {
      const size = type === A ? 4 : 16;
      if (this.#endpoints) this.#writeEndpoints(size, reply, query);
      else this.#writeAddresses(size, reply);
      reply.plain = reply.length + (reply.length - query.questionEnd) / (12 + size) * (query.nameLength - 2);
    } else if (type === SRV) this.#writeServices(reply, query, place);
  }
  #writeAddresses(size: number, reply: Message): void {
    const bytes = this.#bytes;
    let at = this.#first;
    for (let left = this.#addresses; left > 0; left--) {
      if (bytes[at] === size && !answerAddress(reply, this.#rules.ttl, bytes, at + 1, size)) return;
      at += 1 + bytes[at]!;
    }
  }
  #writeEndpoints(size: number, reply: Message, query: Query): void {
    const bytes = this.#bytes;
    const parsed = this.#parsed;
    // Marks of duplicates hold where all endpoints are meant; else the first of two may be left out.
    const seen = this.#filter.all && parsed.portSize === 0 && parsed.protocolSize === 0 ? undefined : new Set<string>();
    let slice = this.#at + le32(bytes, this.#at + SLICES);
    let left = le16(bytes, slice);
    for (slice += 2; left > 0; left--, slice += le32(bytes, slice)) {
      if (!this.#filter.takesSlice(bytes, slice)) continue;
      if (countPorts(query.bytes, parsed, bytes, slicePorts(bytes, slice), le16(bytes, slice + SLICE_PORTS)) === 0) continue;
      let at = sliceEndpoints(bytes, slice);
      for (let n = le32(bytes, slice + SLICE_ENDPOINTS); n > 0; n--, at = afterEndpoint(bytes, at)) {
        if ((bytes[at]! & SIZE) !== size || (seen === undefined && bytes[at] !== size) || !this.#filter.takes(bytes, at)) continue;
        if (seen !== undefined && isSecond(seen, latin1(bytes, at + 1, size))) continue;
        if (!answerAddress(reply, this.#rules.ttl, bytes, at + 1, size)) return;
      }
    }
  }

  #writeServices(reply: Message, query: Query, place: Place): void {
    const weight = weightOf(this.count);
    const written = new Set<string>();
    const beside: Beside[] = [];
    if (this.#endpoints) this.#writeEndpointServices(reply, query, place, weight, written, beside);
    else this.#writeOwnServices(reply, query, place, weight, written, beside);
    for (const { target, bytes, at, size } of beside) {
      if (!address(reply, ADDITIONAL, target, this.#rules.ttl, bytes, at, size)) return;
    }
  }
  #writeOwnServices(reply: Message, query: Query, place: Place, weight: number, written: Set<string>, beside: Beside[]): void {
    const bytes = this.#bytes;
    if (this.#addresses === 0) return;
    let port = servicePorts(bytes, this.#at);
    let target = 0;
    for (let left = le16(bytes, this.#at + PORTS); left > 0; left--, port = afterPort(bytes, port)) {
      if (bytes[port + 2] === 1 || !portMatches(query.bytes, this.#parsed, bytes, port)) continue;
      if (isSecond(written, `${le16(bytes, port)}`)) continue;
      const at = this.#srv(reply, query, place, weight, le16(bytes, port), '');
      if (at === 0) return;
      target ||= at;
    }
    if (target === 0) return;
    let at = this.#first;
    for (let left = this.#addresses; left > 0; left--, at += 1 + bytes[at]!) beside.push({ target, bytes, at: at + 1, size: bytes[at]! });
  }
  #writeEndpointServices(reply: Message, query: Query, place: Place, weight: number, written: Set<string>, beside: Beside[]): void {
    const bytes = this.#bytes;
    let slice = this.#at + le32(bytes, this.#at + SLICES);
    let left = le16(bytes, slice);
    const targets = new Map<string, number>();
    // What the question has of a target: one that were longer than a name can be is left out.
    const known = place.at[place.labels]! - this.#parsed.service + place.zone.bytes.length;
    for (slice += 2; left > 0; left--, slice += le32(bytes, slice)) {
      if (!this.#filter.takesSlice(bytes, slice)) continue;
      const cluster = bytes[sliceCluster(bytes, slice)] === 0 ? '' : labelAt(bytes, sliceCluster(bytes, slice));
      let at = sliceEndpoints(bytes, slice);
      for (let n = le32(bytes, slice + SLICE_ENDPOINTS); n > 0; n--, at = afterEndpoint(bytes, at)) {
        if (!this.#filter.takes(bytes, at)) continue;
        const prefix = endpointLabel(bytes, at) + cluster;
        if (prefix.length + known > LONGEST_NAME) continue;
        let port = slicePorts(bytes, slice);
        for (let p = le16(bytes, slice + SLICE_PORTS); p > 0; p--, port = afterPort(bytes, port)) {
          if (bytes[port + 2] === 1 || !portMatches(query.bytes, this.#parsed, bytes, port)) continue;
          if (!isSecond(written, `${le16(bytes, port)} ${prefix}`)) {
            const target = this.#srv(reply, query, place, weight, le16(bytes, port), prefix);
            if (target === 0) return;
            if (!targets.has(prefix)) targets.set(prefix, target);
          }
          const size = bytes[at]! & SIZE;
          if (isSecond(written, `${latin1(bytes, at + 1, size)}/${prefix}`)) continue;
          beside.push({ target: targets.get(prefix)!, bytes, at: at + 1, size });
        }
      }
    }
  }
  /** One SRV record: the offset of its target, 0 where the message is full. */
  #srv(reply: Message, query: Query, place: Place, weight: number, port: number, prefix: string): number {
    const { serviceTtl: ttl, folded } = this.#rules;
    return writeSrv(reply, query, place, { ttl, weight, port, prefix, from: this.#parsed.service, folded });
  }
}

interface Beside {
  readonly target: number;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly size: number;
}

/** Whether the text was there before; it is from now on. */
function isSecond(seen: Set<string>, text: string): boolean {
  if (seen.has(text)) return true;
  seen.add(text);
  return false;
}
/** LIB-11: the weight of one of so many records, computed as there: fractions differ from plain division for some numbers. */
export const weightOf = (count: number): number => Math.max(1, Math.floor((100 / (100 * count)) * 100));
/** A label with its length before it. */
const labelAt = (bytes: Uint8Array, at: number): string => latin1(bytes, at, bytes[at]! + 1);
/** K8S-7: the label of an endpoint as wire text. */
export function endpointLabel(bytes: Uint8Array, endpoint: number): string {
  const size = bytes[endpoint]! & SIZE;
  const label = endpoint + 1 + size;
  if (bytes[label] !== 0) return labelAt(bytes, label);
  const text = addressLabel(bytes.slice(endpoint + 1, endpoint + 1 + size));
  return String.fromCharCode(text.length) + text;
}
