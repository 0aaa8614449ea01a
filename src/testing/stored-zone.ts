// A zone of a few lines in shared memory, as a file would make it: for tests of what stands above. Knows presentation form; opens no file.
import { ZoneCell } from '../authority/zone/zone-cell.ts';
import { Builder } from '../authority/zone/build.ts';
import type { Built } from '../authority/zone/build.ts';
import { Scratch } from '../authority/zone/scratch.ts';
import { ZoneSource } from '../authority/zone/source.ts';
import { ServedZones } from '../authority/served-zones.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { parseRR } from '../dns/rr.ts';
import { NEVER } from '../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../kernel/site/fallthrough.ts';
import { Store } from '../store/store.ts';
import { STORE_KEY } from './store-key.ts';

/** One zone of lines; names that do not end in a dot are below the zone. */
export class StoredZone {
  readonly store: Store;
  readonly cell: ZoneCell;
  readonly scratch: Scratch;
  readonly builder: Builder;
  /** Words that the memory had in use before there was a version. */
  readonly empty: number;
  readonly #apex: Name;

  constructor(apex: string, store = Store.create(1 << 27, STORE_KEY), name = apex) {
    this.store = store;
    this.cell = new ZoneCell(store, name);
    this.scratch = new Scratch(store.memory.hash);
    this.builder = new Builder(store.memory);
    this.#apex = Name.parse(apex);
    this.empty = store.memory.used;
  }
  /** Reads the lines into the scratch; says how many lie outside of the zone. */
  read(lines: string): number {
    const origin = this.#apex;
    this.scratch.begin(octetsOf(origin.key));
    let outside = 0;
    for (const line of lines.split('\n').filter((each) => each.trim() !== '')) {
      const { name, type, ttl, rdata } = parseRR(line.trim(), { origin })!;
      const owner = this.scratch.owner(octetsOf(name.raw), name.raw.length);
      if (owner < 0) outside++;
      else this.scratch.add(owner, type, ttl, rdata, rdata.length);
    }
    return outside;
  }
  /** Puts the lines in place of what was there. Throws what building throws. */
  load(lines: string): Built {
    this.read(lines);
    const built = this.builder.build(this.scratch, this.cell.version);
    this.cell.publish(built.version, 1);
    for (const at of built.gone) this.store.memory.give(at);
    return built;
  }
  /** What answers are made of. */
  source(fallthrough: Fallthrough = NEVER): ZoneSource {
    return new ZoneSource(this.store, new ServedZones([this.#apex]), [this.cell], fallthrough);
  }
}
/** Octets as wire bytes. */
export const octetsOf = (raw: string): Uint8Array => latin1Bytes(raw);
