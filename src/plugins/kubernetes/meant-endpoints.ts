// The endpoints of a service that a question means (K8S-6, K8S-7, K8S-10): how many, which, and the names of their ports' targets. Knows
// how services lie in the store; writes nothing.
import type { Asked, Place } from '../../authority/served-zones.ts';
import { Endpoints } from './endpoints.ts';
import { SIZE, SLICE_PORTS, afterPort, endpointName, le16, sliceCluster, sliceEndpoints, slicePorts } from './layout.ts';
import { EndpointFilter, countPorts, endpointLabel, latin1, portMatches } from './match.ts';
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

  /** Calls with where each of them begins, until it says false. */
  each(asked: Asked, call: (at: number) => boolean): void {
    const endpoints = this.#endpoints;
    endpoints.begin(this.#bytes, this.#at, this.#only);
    while (endpoints.next()) {
      if (this.#ports(asked, endpoints.slice) === 0) continue;
      while (endpoints.nextEndpoint()) {
        if (this.#filter.takes(this.#bytes, endpoints.endpoint) && !call(endpoints.endpoint)) return;
      }
    }
  }
  /**
   * Calls for each port of each of them, with where they begin and the labels before the service's name in the target's, until it says
   * false. Targets whose name were longer than a name can be are left out.
   */
  eachTarget(asked: Asked, place: Place, call: (at: number, port: number, prefix: string) => boolean): void {
    const bytes = this.#bytes;
    const endpoints = this.#endpoints;
    const known = place.at[place.labels]! - this.#parsed.service + place.zone.bytes.length;
    endpoints.begin(bytes, this.#at, this.#only);
    while (endpoints.next()) {
      const { slice } = endpoints;
      if (!this.#filter.takesSlice(bytes, slice)) continue;
      const cluster = sliceCluster(bytes, slice);
      const behind = bytes[cluster] === 0 ? '' : latin1(bytes, cluster, bytes[cluster]! + 1);
      while (endpoints.nextEndpoint()) {
        const at = endpoints.endpoint;
        if (!this.#filter.takes(bytes, at)) continue;
        const prefix = endpointLabel(bytes, at) + behind;
        if (prefix.length + known > LONGEST_NAME) continue;
        let port = slicePorts(bytes, slice);
        for (let left = le16(bytes, slice + SLICE_PORTS); left > 0; left--, port = afterPort(bytes, port)) {
          if (bytes[port + 2] === 1 || !portMatches(asked.bytes, this.#parsed, bytes, port)) continue;
          if (!call(at, port, prefix)) return;
        }
      }
    }
  }
  /** How many ports of targets there are: a target that has addresses of both kinds is one. */
  countTargets(asked: Asked, place: Place): number {
    const all = new Set<string>();
    const only = this.#only;
    this.#only = this.#given;
    this.eachTarget(asked, place, (_at, port, prefix) => all.add(`${le16(this.#bytes, port)} ${prefix}`).size > 0);
    this.#only = only;
    return all.size;
  }
}
