// Goes through the slices of a service and the endpoints in them, all or some. Knows the layout; knows nothing of questions.
import { SLICES, SLICE_ENDPOINTS, afterEndpoint, le16, le32, sliceEndpoints } from './layout.ts';

/** A place in a service's bytes that goes on: slice after slice, in each endpoint after endpoint. One object is used again and again. */
export class Endpoints {
  /** Where the slice and the endpoint begin that it stands at. */
  slice = 0;
  endpoint = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #nextSlice = 0;
  #slices = 0;
  #left = 0;
  #only: Int32Array | undefined;
  #pair = 0;

  /** Stands before the first slice. `only`: no others than these, in order: where each one's slice begins, and where it does. */
  begin(bytes: Uint8Array, service: number, only?: Int32Array): void {
    this.#bytes = bytes;
    this.slice = this.endpoint = 0;
    this.#only = only;
    this.#pair = 0;
    const slices = service + le32(bytes, service + SLICES);
    this.#slices = le16(bytes, slices);
    this.#nextSlice = slices + 2;
  }
  /** Steps to the next slice, before its first endpoint; false behind the last one. */
  next(): boolean {
    const only = this.#only;
    if (only !== undefined) {
      while (this.#pair < only.length && only[this.#pair] === this.slice) this.#pair += 2;
      if (this.#pair >= only.length) return false;
      this.slice = only[this.#pair]!;
      return true;
    }
    if (this.#slices === 0) return false;
    this.#slices--;
    this.slice = this.#nextSlice;
    this.#nextSlice += le32(this.#bytes, this.slice);
    this.#left = this.count;
    this.endpoint = 0;
    return true;
  }
  /** How many endpoints the slice has. */
  get count(): number {
    return le32(this.#bytes, this.slice + SLICE_ENDPOINTS);
  }
  /** Steps to the next endpoint of the slice; false behind the last one. */
  nextEndpoint(): boolean {
    const only = this.#only;
    if (only !== undefined) {
      if (only[this.#pair] !== this.slice) return false;
      this.endpoint = only[this.#pair + 1]!;
      this.#pair += 2;
      return true;
    }
    if (this.#left === 0) return false;
    this.#left--;
    this.endpoint = this.endpoint === 0 ? sliceEndpoints(this.#bytes, this.slice) : afterEndpoint(this.#bytes, this.endpoint);
    return true;
  }
}

/** Whether a service has any. */
export function hasEndpoints(bytes: Uint8Array, service: number): boolean {
  const endpoints = new Endpoints();
  endpoints.begin(bytes, service);
  while (endpoints.next()) if (endpoints.count > 0) return true;
  return false;
}
