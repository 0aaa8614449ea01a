// What is asked of the Kubernetes API, and who takes what comes. Knows no HTTP and no DNS.
import type { Shape } from './protobuf.ts';

/** An API object as JSON gave it, or would have: nothing of its shape is certain. */
export interface ApiObject {
  readonly metadata?: { readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** A collection that is listed and then watched. */
export interface Resource {
  /** Its path, `/api/v1/services` or `/apis/discovery.k8s.io/v1/endpointslices`: of all namespaces unless `namespace` is given. */
  readonly path: string;
  /** Its paths in other versions of its group, which are tried in turn where the API does not have this one (404). */
  readonly versions?: readonly string[];
  /** Only objects of this namespace. */
  readonly namespace?: string;
  /** Selectors as the API takes them, decoded. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What is read of an object where the API sends it in binary form; undefined where it has none. */
  readonly shape?: Shape;
}

/**
 * Takes the objects of one resource, one after the other, and keeps of each what it needs before it returns: the object is garbage
 * afterwards. Nothing of it may throw; what is odd about an object is the sink's to say.
 */
export interface Sink {
  /** A whole list begins, the first or another: what is not put again until `synced` is gone. What was put before is served meanwhile. */
  begin(): void;
  /** An object that is there: new, changed, or the same as before. */
  put(object: ApiObject): void;
  /** An object that is gone. */
  remove(object: ApiObject): void;
  /** The list is whole. */
  synced(): void;
}
