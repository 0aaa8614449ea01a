// The endpoints of a service that a question means (K8S-6, K8S-7, K8S-10): how many, which, and the names of their ports' targets. Knows
// how services lie in the store; writes nothing.
import type { Asked, Place } from '../../../authority/served-zones.ts';
import { Endpoints } from '../cluster/endpoints.ts';
import { SIZE, SLICE_PORTS, afterPort, clusterLabel, endpointName, le16, sliceEndpoints, slicePorts } from '../cluster/layout.ts';
import { EndpointFilter, countPorts, portMatches } from './match.ts';
import { endpointLabel } from '../cluster/endpoint-label.ts';
import type { Parsed } from './question.ts';

/** Bytes of a name (RFC 1035 section 2.3.4). */
const LONGEST_NAME = 255;
/** Both sizes of addresses. */
const BOTH = 4 | 16;

/** Those of one question. One object is used for one question after the other. */
export class MeantEndpoints {
  readonly #filter = new EndpointFilter();
  readonly #endpoints = new Endpoints();
  #bytes!: Uint8Array;
  #at = 0;
  #parsed!: Parsed;
  /** No others than these, where it is known which they are. */
  #only: Int32Array | undefined;
  /** Those of them that were known from the beginning. */
  #given: Int32Array | undefined;
  /** Whether it stands in a slice whose endpoints are meant. */
  #isInside = false;
  /** The sizes of their addresses, as bits. */
  #sizes = 0;
  /** Where the name of the first one stands that is a name and no address; 0 where none is. */
  name = 0;

  /** Finds those that are meant; says how many ports they have together, before duplicates are left out (LIB-11). */
  find(asked: Asked, parsed: Parsed, bytes: Uint8Array, at: number, only: Int32Array | undefined): number {
    this.#bytes = bytes;
    this.#at = at;
    this.#parsed = parsed;
    this.#only = only;
    this.#given = only;
    if (only !== undefined) this.#filter.takeAll();
    else this.#filter.set(asked.bytes, parsed, parsed.zone);
    const count = this.#count(asked);
    if (count > 0 || !parsed.prefer) return count;
    this.#filter.set(asked.bytes, parsed, '');
    return this.#count(asked);
  }
  /** From now on only these are gone through. */
  restrict(only: Int32Array): void {
    this.#only = only;
  }
  /** Whether all of them are names. */
  get areNames(): boolean {
    return this.#sizes === 0 && this.name !== 0;
  }
  /** Whether there are addresses of both kinds. */
  get areDual(): boolean {
    return (this.#sizes & BOTH) === BOTH;
  }
  /** Whether all endpoints of the service are meant, so that the marks of duplicates tell which of them to leave out. */
  get marked(): boolean {
    return this.#filter.all && this.#given === undefined && this.#parsed.portSize === 0 && this.#parsed.protocolSize === 0;
  }

  #count(asked: Asked): number {
    const bytes = this.#bytes;
    const endpoints = this.#endpoints;
    let found = 0;
    this.#sizes = this.name = 0;
    endpoints.begin(bytes, this.#at, this.#only);
    while (endpoints.next()) {
      const { slice, count } = endpoints;
      const ports = count === 0 ? 0 : this.#ports(asked, slice);
      if (ports === 0) continue;
      let first = 0;
      if (this.#filter.all && this.#only === undefined) {
        found += ports * count;
        first = sliceEndpoints(bytes, slice);
      } else {
        while (endpoints.nextEndpoint()) {
          if (!this.#filter.takes(bytes, endpoints.endpoint)) continue;
          found += ports;
          first ||= endpoints.endpoint;
        }
      }
      if (first === 0) continue;
      // All endpoints of a slice are of one kind.
      const size = bytes[first]! & SIZE;
      this.#sizes |= size;
      if (size === 0) this.name ||= endpointName(bytes, first);
    }
    return found;
  }
  /** How many ports of a slice are meant; none where the slice is not. */
  #ports(asked: Asked, slice: number): number {
    const bytes = this.#bytes;
    if (!this.#filter.takesSlice(bytes, slice)) return 0;
    return countPorts(asked.bytes, this.#parsed, bytes, slicePorts(bytes, slice), le16(bytes, slice + SLICE_PORTS));
  }

  /** Stands before the first of them. */
  begin(): void {
    this.#endpoints.begin(this.#bytes, this.#at, this.#only);
    this.#isInside = false;
  }
  /** Where the next of them begins; 0 behind the last one. */
  next(asked: Asked): number {
    const endpoints = this.#endpoints;
    const filter = this.#filter;
    for (;;) {
      while (this.#isInside && endpoints.nextEndpoint()) {
        if (filter.all || filter.takes(this.#bytes, endpoints.endpoint)) return endpoints.endpoint;
      }
      if (!endpoints.next()) return 0;
      this.#isInside = this.#ports(asked, endpoints.slice) > 0;
    }
  }
  /** The labels before the service's name in the target's, where `next` stands; '' where there is no such name. */
  targetOf(place: Place): string {
    const bytes = this.#bytes;
    const { slice, endpoint } = this.#endpoints;
    const cluster = clusterLabel(bytes, slice);
    if (cluster === undefined) return '';
    const prefix = endpointLabel(bytes, endpoint) + cluster;
    const known = place.at[place.labels]! - this.#parsed.service + place.zone.bytes.length;
    return prefix.length + known > LONGEST_NAME ? '' : prefix;
  }
  /** Where the ports of the slice begin that `next` stands in, and how many they are. */
  get firstPort(): number {
    return slicePorts(this.#bytes, this.#endpoints.slice);
  }
  get portCount(): number {
    return le16(this.#bytes, this.#endpoints.slice + SLICE_PORTS);
  }
  /** How many ports of targets there are: a target that has addresses of both kinds is one. */
  countTargets(asked: Asked, place: Place): number {
    const bytes = this.#bytes;
    const all = new Set<string>();
    const only = this.#only;
    this.#only = this.#given;
    this.begin();
    while (this.next(asked) !== 0) {
      const prefix = this.targetOf(place);
      if (prefix === '') continue;
      for (let port = this.firstPort, left = this.portCount; left > 0; left--, port = afterPort(bytes, port)) {
        if (bytes[port + 2] !== 1 && portMatches(asked.bytes, this.#parsed, bytes, port)) all.add(`${le16(bytes, port)} ${prefix}`);
      }
    }
    this.#only = only;
    return all.size;
  }
}
