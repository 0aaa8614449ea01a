// Which of a plugin's zones holds the name that is asked for, and the labels before it: found in the question's bytes. Knows names
// as folded wire bytes; makes none.
import { latin1Bytes } from '../dns/latin1.ts';
import type { Name } from '../dns/name.ts';
import { MOST_LABELS, ZoneMap, labelsAt } from '../kernel/site/zones.ts';
import type { Query } from '../kernel/query/query.ts';

/** Whether names in the zone stand for addresses: in-addr.arpa, ip6.arpa and what is below them. */
export const isReverseZone = ({ key }: Name): boolean => key.endsWith('\x07in-addr\x04arpa\0') || key.endsWith('\x03ip6\x04arpa\0');

/** One zone that is served. */
export class ServedZone {
  readonly name: Name;
  /** Its position in the Corefile. */
  readonly index: number;
  /** Whether names in it stand for addresses. */
  readonly reverse: boolean;
  /** The lower-case wire name. */
  readonly bytes: Uint8Array;

  constructor(name: Name, index: number) {
    this.name = name;
    this.index = index;
    this.reverse = isReverseZone(name);
    this.bytes = latin1Bytes(name.key);
  }
}

/** A name that is asked for, where it lies: what nodes read of a question. A `Query` is one, and so is a name of a zone in a transfer. */
export interface Asked {
  /** The name as it is spelled begins 12 bytes behind `at`, the folded one at `keyAt`; both have `nameLength` bytes. */
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly keyAt: number;
  readonly nameLength: number;
  /** Bytes of header and question. */
  readonly questionEnd: number;
}

/**
 * The name of a question taken apart. One object is used for one question after the other: what it says holds until the next `find`.
 * Offsets are into the query's bytes, at the folded copy of the name (`query.keyAt`).
 */
export class Place {
  /** The most specific zone that holds the name. */
  zone!: ServedZone;
  /** Labels before the zone; label `i` (0 is the leftmost) begins with its length at `at[i]`, and `at[labels]` is where the zone begins. */
  labels = 0;
  /** All labels of the name, those of the zone among them. */
  total = 0;
  readonly at = new Int32Array(MOST_LABELS);

  /** Finds the labels; says how many there are. */
  read({ bytes, keyAt }: Asked): number {
    const count = labelsAt(bytes, keyAt, this.at);
    this.total = count;
    return count;
  }
  /** The same for a name that is known to be in this zone. */
  readIn(zone: ServedZone, asked: Asked): this {
    const start = asked.keyAt + asked.nameLength - zone.bytes.length;
    let labels = this.read(asked);
    while (this.at[labels]! > start) labels--;
    this.zone = zone;
    this.labels = labels;
    return this;
  }
  /** Bytes of the name before its zone. */
  get before(): number {
    return this.at[this.labels]! - this.at[0]!;
  }
}

/** The zones of a plugin, most specific first where they lie in each other. */
export class ServedZones {
  readonly zones: readonly ServedZone[];
  readonly #map: ZoneMap<ServedZone>;
  readonly #byKey: ReadonlyMap<string, ServedZone>;
  readonly #above = new Int32Array(MOST_LABELS);

  constructor(names: readonly Name[]) {
    this.zones = names.map((name, index) => new ServedZone(name, index)).sort((a, b) => b.bytes.length - a.bytes.length);
    this.#byKey = new Map(this.zones.toReversed().map((zone) => [zone.name.key, zone]));
    this.#map = new ZoneMap(this.zones.map((zone) => [zone.name, zone]));
  }

  /** Takes the question's name apart; false where it is in none of the zones. */
  find(query: Query, place: Place): boolean {
    void query.key;                                                   // its name is folded at `keyAt` from now on
    const count = place.read(query);
    const labels = this.#map.find(query.bytes, place.at, count);
    if (labels < 0) return false;
    place.labels = labels;
    place.zone = this.#map.value!;
    return true;
  }
  /** The same for the zone above one whose own name the question has: it has the DS of that (RFC 4035 section 3.1.4.1). */
  findAbove(query: Query, place: Place): boolean {
    const count = place.read(query);
    const above = this.#above;
    for (let i = 1; i <= count; i++) above[i - 1] = place.at[i]!;
    const labels = count === 0 ? -1 : this.#map.find(query.bytes, above, count - 1);
    if (labels < 0) return false;
    place.labels = labels + 1;
    place.zone = this.#map.value!;
    return true;
  }
  /** The zone of exactly this name, or undefined. */
  exactly(name: Name): ServedZone | undefined {
    return this.#byKey.get(name.key);
  }
}
