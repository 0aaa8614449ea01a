// Which namespaces a stanza speaks of: those that exist, and of these the ones that it names, if it names any. Knows the store; answers
// nothing.
import type { Settings } from '../config.ts';
import { latin1 } from '../cluster/wire-text.ts';
import { ObjectKey } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';

/** The namespaces of one stanza. */
export class Exposed {
  readonly #maps: Maps;
  readonly #named: ReadonlySet<string> | undefined;
  readonly #key = new ObjectKey();

  constructor(maps: Maps, { namespaces }: Pick<Settings, 'namespaces'>) {
    this.#maps = maps;
    this.#named = namespaces.length === 0 ? undefined : new Set(namespaces);
  }

  /** Whether the namespace whose label begins at `at` may be spoken of. */
  at(bytes: Uint8Array, at: number): boolean {
    if (this.#named !== undefined && !this.#named.has(latin1(bytes, at + 1, bytes[at]!))) return false;
    return this.#key.copy(bytes, at, bytes[at]! + 1).in(this.#maps.namespaces) !== 0;
  }
  /** The same for the owner of an address: as in CoreDNS it counts only where namespaces are named (K8S-14). */
  ofOwner(bytes: Uint8Array, at: number): boolean {
    return this.#named === undefined || this.at(bytes, at);
  }
  /** The same for a name. */
  has(namespace: string): boolean {
    return (this.#named?.has(namespace) ?? true) && this.#key.name(namespace).in(this.#maps.namespaces) !== 0;
  }
}
