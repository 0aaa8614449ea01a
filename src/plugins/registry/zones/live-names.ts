// The names of a registry's zones as they are now, from the first time that somebody needs them: no answer does. Knows who hears of
// changes. Main's.
import type { End } from '../../../kernel/signal.ts';
import type { Zones } from '../../../kernel/site/zones.ts';
import type { SkydnsNames } from '../../../skydns/skydns-names.ts';
import { AddressNames } from '../address-names.ts';
import { ZoneNames } from './zone-names.ts';

/** Where they are found. */
interface LiveNamesParts {
  readonly names: SkydnsNames;
  readonly path: string;
  readonly zones: Zones;
}

/** Those of one registry. */
export class LiveNames {
  readonly #parts: LiveNamesParts;
  #addresses: AddressNames | undefined;
  #names: ZoneNames | undefined;

  constructor(parts: LiveNamesParts, signal: End) {
    this.#parts = parts;
    parts.names.listen((keys) => {
      if (keys === undefined) this.#names = undefined;
      else if (this.#names !== undefined) {
        this.#addresses!.changed(parts.names.index!, keys);
        this.#names.changed(keys);
      }
    }, signal);
  }
  /** undefined while it is not known what there is. */
  get now(): ZoneNames | undefined {
    const { names: { index: tree }, path, zones } = this.#parts;
    if (tree === undefined) return undefined;
    if (this.#names !== undefined) return this.#names;
    const addresses = this.#addresses = new AddressNames(path);
    addresses.changed(tree, undefined);
    return this.#names = new ZoneNames({ path, zones, tree, pointers: (address) => addresses.of(address) });
  }
}
