// Which of a plugin's zones holds the name that is asked for, and the labels before it: found in the question's bytes. Knows names
// as folded wire bytes; makes none.
import type { Name } from '../dns/name.ts';
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
    this.bytes = Uint8Array.from(name.key, (byte) => byte.charCodeAt(0));
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
  readonly at = new Int32Array(129);

  /** Finds the labels; says how many there are. */
  read({ bytes, keyAt }: Asked): number {
    const { at } = this;
    let count = 0;
    let i = keyAt;
    for (let size = bytes[i]!; size !== 0; size = bytes[i]!) {
      at[count++] = i;
      i += size + 1;
    }
    at[count] = i;
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

  constructor(names: readonly Name[]) {
    this.zones = names.map((name, index) => new ServedZone(name, index)).sort((a, b) => b.bytes.length - a.bytes.length);
  }

  /** Takes the question's name apart; false where it is in none of the zones. */
  find(query: Query, place: Place): boolean {
    query.makeKey();
    const { bytes, keyAt, nameLength } = query;
    const { at } = place;
    const count = place.read(query);
    const { zones } = this;
    for (let z = 0; z < zones.length; z++) {
      const zone = zones[z]!;
      const start = keyAt + nameLength - zone.bytes.length;
      if (start < keyAt || !sameBytes(bytes, start, zone.bytes)) continue;
      let labels = count;
      while (labels > 0 && at[labels]! > start) labels--;
      if (at[labels] !== start) continue;
      place.zone = zone;
      place.labels = labels;
      return true;
    }
    return false;
  }
  /** The zone of exactly this name, or undefined. */
  exactly(name: Name): ServedZone | undefined {
    return this.zones.find((zone) => zone.name.key === name.key);
  }
}

function sameBytes(bytes: Uint8Array, at: number, zone: Uint8Array): boolean {
  // From the end: zones differ there seldom, but labels before them nearly always do at once.
  for (let i = 0, n = zone.length; i < n; i++) if (bytes[at + i] !== zone[i]) return false;
  return true;
}
