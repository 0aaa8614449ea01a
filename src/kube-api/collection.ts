// The paths under which a collection is listed and watched, and how it is called. Knows the API's query parameters; asks for nothing.
import type { Shape } from './protobuf.ts';
import type { Resource } from './sink.ts';

/** One collection of an API. */
export class Collection {
  /** `services`. */
  readonly name: string;
  /** `discovery.k8s.io`; empty for the core. */
  readonly group: string;
  /** What is read of an object in binary form. */
  readonly shape: Shape | undefined;
  readonly #paths: readonly string[];
  #version = 0;
  readonly #selectors: readonly (readonly [string, string])[];

  constructor({ path, versions = [], namespace, labelSelector, fieldSelector, shape }: Resource) {
    const at = path.lastIndexOf('/');
    this.name = path.slice(at + 1);
    this.shape = shape;
    this.group = /^\/apis\/([^/]+)\//.exec(path)?.[1] ?? '';
    const within = (each: string): string => namespace === undefined ? each
      : `${each.slice(0, each.lastIndexOf('/'))}/namespaces/${encodeURIComponent(namespace)}/${this.name}`;
    this.#paths = [path, ...versions].map(within);
    this.#selectors = ([['fieldSelector', fieldSelector], ['labelSelector', labelSelector]] as const)
      .flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const]));
  }
  /** From now on another version of it is asked for; false where all were. */
  another(): boolean {
    this.#version = (this.#version + 1) % this.#paths.length;
    return this.#version !== 0;
  }
  /** Path and query of a request; empty values are left out. */
  target(parameters: readonly (readonly [name: string, value: string])[]): string {
    const query = [...parameters, ...this.#selectors].filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const path = this.#paths[this.#version]!;
    return query === '' ? path : `${path}?${query}`;
  }
}
