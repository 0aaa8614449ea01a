// The names of a registry's zones as they are now, from the first time that somebody needs them: no answer does. Knows who hears of
// changes. Main's.
import type { End } from '../../../kernel/signal.ts';
import type { Zones } from '../../../kernel/site/zones.ts';
import type { Opened } from '../opened.ts';
import { ZoneNames } from './zone-names.ts';

/** Those of one registry. */
export class LiveNames {
  readonly #parts: { readonly opened: Pick<Opened, 'names' | 'addresses'>; readonly path: string; readonly zones: Zones };
  #names: ZoneNames | undefined;

  constructor(parts: { readonly opened: Pick<Opened, 'names' | 'addresses'>; readonly path: string; readonly zones: Zones }, signal: End) {
    this.#parts = parts;
    parts.opened.names.listen((keys) => {
      if (keys === undefined) this.#names = undefined;
      else this.#names?.changed(keys);
    }, signal);
  }
  /** undefined while it is not known what there is. */
  get now(): ZoneNames | undefined {
    const { opened: { names: { index: tree }, addresses }, path, zones } = this.#parts;
    if (tree === undefined) return undefined;
    return this.#names ??= new ZoneNames({ path, zones, tree, pointers: (address) => addresses.of(address) });
  }
}
