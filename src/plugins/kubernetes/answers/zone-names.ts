// The names of all services of a cluster, made once and read by all who transfer its zone meanwhile. Knows the maps; knows no services.
import type { Entry } from '../../../store/key.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { CLEARED, REVISION } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';

/** The names at one moment. */
export class NameList {
  /** For each entry the words of its key, and the key. */
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly #maps: Maps;
  readonly #cleared: number;
  readonly revision: number;

  /** Reads the keys of a map. */
  constructor(maps: Maps, map: ByteMap) {
    this.#maps = maps;
    this.#cleared = maps.flags.get(CLEARED);
    this.revision = maps.flags.get(REVISION);
    const entries: Entry[] = [];
    let size = 0;
    for (const entry of map.walk()) {
      entries.push(entry);
      size += 1 + map.keyWords(entry);
    }
    const to = new Int32Array(size);
    let at = 0;
    for (const entry of entries) {
      const count = map.keyWords(entry);
      const key = map.keyAt(entry);
      to[at++] = count;
      for (let i = 0; i < count; i++) to[at++] = map.words[key + i]!;
    }
    this.words = to;
    this.bytes = new Uint8Array(to.buffer);
  }
  /** Where each key begins in `bytes`, and how many bytes it has. */
  *keys(): Generator<readonly [at: number, size: number]> {
    for (let at = 0; at < this.words.length; at += 1 + this.words[at]!) yield [(at + 1) * 4, this.words[at]! * 4];
  }
  /** Throws Error when the maps are another cluster's, or nobody's: what was read by then is no whole. */
  check(): void {
    if (this.#maps.flags.get(CLEARED) !== this.#cleared) throw new Error('the cluster is not watched any more');
  }
}

/** The names in one map, in one thread. They go when nobody reads them any more. */
export class SharedNames {
  readonly #maps: Maps;
  readonly #map: ByteMap;
  #last: WeakRef<NameList> | undefined;

  constructor(maps: Maps, map: ByteMap) {
    this.#maps = maps;
    this.#map = map;
  }
  /** As they are now. */
  take(): NameList {
    const last = this.#last?.deref();
    if (last !== undefined && last.revision === this.#maps.flags.get(REVISION)) return last;
    const names = new NameList(this.#maps, this.#map);
    this.#last = new WeakRef(names);
    return names;
  }
}
