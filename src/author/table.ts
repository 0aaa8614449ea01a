// A table that lies in the shared memory once, whatever the number of threads: bytes by name and type, under the types that authors know.
// Knows maps; knows nothing of what the bytes mean.
import type { Name } from '../dns/name.ts';
import type { Query as KernelQuery } from '../kernel/query/query.ts';
import type { Run as KernelRun } from '../kernel/site/plugin.ts';
import type { Site as KernelSite } from '../kernel/site/site.ts';
import type { ByteMap } from '../store/bytemap.ts';
import { Key } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import type { Run, Site } from './plugin.ts';
import type { Query } from './query.ts';

/** Name, type, bytes. */
export type TableEntry = readonly [name: Name, type: number, value: Uint8Array];

/** What main writes and every thread finds, without a copy for each. It is emptied when its load has ended. */
export class Table {
  readonly #store: Store;
  readonly #map: ByteMap;
  readonly #key = new Key();

  /** The table of this name of the block, empty at first; the same in every thread. Begin the name with the plugin's word. */
  constructor(run: Run, site: Site, name: string) {
    const { store } = run as unknown as KernelRun;
    this.#store = store;
    this.#map = (run as unknown as KernelRun).space(site as unknown as KernelSite).map(`table ${name}`);
  }

  /** How many entries there are. */
  get size(): number {
    return this.#map.entries;
  }
  /** On main: puts these in place of all that is there, at once for whoever looks. Throws RangeError where the memory is full. */
  replace(entries: Iterable<TableEntry>): void {
    const fresh = this.#store.freshMap();
    for (const entry of entries) this.#put(fresh, entry);
    this.#map.replaceAll(fresh);
  }
  /** On main: adds an entry, or puts it in place of that of the same name and type. Throws RangeError where the memory is full. */
  set(name: Name, type: number, value: Uint8Array): void {
    this.#put(this.#map, [name, type, value]);
  }
  /** On main: false where there was none. */
  remove(name: Name, type: number): boolean {
    return this.#map.remove(this.#key.named(name.key, type));
  }
  /** In any thread: a copy of the bytes for the question's name and this type, undefined where there are none. */
  get(query: Query, type: number = query.type): Uint8Array | undefined {
    return this.#copy(() => (query as unknown as KernelQuery).keyFor(type));
  }
  /** The same for any name: for those above a question's. */
  of(name: Name, type: number): Uint8Array | undefined {
    return this.#copy(() => this.#key.named(name.key, type));
  }
  #copy(key: () => Key): Uint8Array | undefined {
    return this.#store.reading.within(() => {
      const entry = this.#map.find(key());
      if (entry === 0) return undefined;
      const at = this.#map.bytesAt(entry);
      return this.#map.bytes.slice(at, at + this.#map.valueSize(entry));
    });
  }
  #put(map: ByteMap, [name, type, value]: TableEntry): void {
    if (!map.put(this.#key.named(name.key, type), value)) throw new RangeError('the shared memory is full');
  }
}
