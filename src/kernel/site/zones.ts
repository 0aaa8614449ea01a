// Zones, and which of them holds a name: the longest (LIB-1). Knows names, as text and as folded bytes; knows nothing of blocks or records.
import { readKey } from '../../corefile/keys.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';

/** So many zones are looked through one by one sooner than by label. */
const FEW = 4;

/** Zones of a plugin's argument list, or the block's. */
export class Zones {
  readonly names: readonly Name[];
  /** True where every name is in one of them: no need to look at the name. */
  readonly everything: boolean;
  readonly #keys: readonly string[];
  /** The zones by their keys, where they are many. */
  readonly #byKey: ReadonlyMap<string, Name> | undefined;

  constructor(names: readonly Name[]) {
    this.names = names;
    this.everything = names.some(({ key }) => key === '\0');
    this.#keys = names.map(({ key }) => key);
    this.#byKey = names.length > FEW ? new Map(names.toReversed().map((name) => [name.key, name])) : undefined;
  }
  /** The most specific zone that holds the name, or undefined. */
  match(name: Name): Name | undefined {
    const { key } = name;
    if (this.#byKey !== undefined) {
      for (let at = 0; ; at += key.charCodeAt(at) + 1) {
        const zone = this.#byKey.get(at === 0 ? key : key.slice(at));
        if (zone !== undefined || key.charCodeAt(at) === 0) return zone;
      }
    }
    let longest = -1;
    for (let i = 0; i < this.#keys.length; i++) {
      const zone = this.#keys[i]!;
      if (longest >= 0 && zone.length <= this.#keys[longest]!.length) continue;
      if (isSuffix(zone, key)) longest = i;
    }
    return this.names[longest];
  }
}

/** Whether the lower-case wire name `name` is `zone` or below it. */
function isSuffix(zone: string, name: string): boolean {
  if (zone.length === 1) return true;
  if (!name.endsWith(zone)) return false;
  const at = name.length - zone.length;
  let i = 0;
  while (i < at) i += name.charCodeAt(i) + 1;
  return i === at;
}

/**
 * KEY-11: arguments with the syntax of keys; scheme and port are dropped, CIDR is expanded, what does not parse is skipped. Without an
 * argument the block's own zones.
 */
export function zonesOf(args: readonly string[], block: readonly Name[]): Zones {
  if (args.length === 0) return new Zones(block);
  return new Zones(args.flatMap((text) => {
    try {
      return readKey(text).zones.map((zone) => Name.parse(zone).folded);
    } catch {
      return [];
    }
  }));
}

/** Labels that a name can have, and the root (RFC 1035 section 3.1). */
export const MOST_LABELS = 128;
const SEED = 0x811c9dc5 | 0, PRIME = 0x01000193;

/** Where the labels of the wire name at `at` begin, and behind them the root's; how many there are. Room for `MOST_LABELS` is needed. */
export function labelsAt(bytes: Uint8Array, at: number, starts: Int32Array): number {
  let count = 0;
  for (let size = bytes[at]!; size !== 0; size = bytes[at]!) {
    starts[count++] = at;
    at += size + 1;
  }
  starts[count] = at;
  return count;
}

/** Values by zone, found in the bytes of a name: what it costs depends on how long the zones' names are, not on how many there are. */
export class ZoneMap<T> {
  /** 1 + the number of the zone in each place of the table, 0 where there is none. */
  readonly #table: Int32Array;
  readonly #hashes: Int32Array;
  readonly #names: readonly Uint8Array[];
  readonly #values: readonly T[];
  /** Labels of each zone, of the longest one and of the shortest one. */
  readonly #labels: readonly number[];
  readonly #most: number;
  readonly #least: number;
  /** The zones, longest first, where they are few. */
  readonly #few: readonly number[] | undefined;

  /** Of two zones of one name the first counts. */
  constructor(zones: Iterable<readonly [name: Name, value: T]>) {
    const all = [...zones];
    this.#names = all.map(([{ key }]) => latin1Bytes(key));
    this.#values = all.map(([, value]) => value);
    this.#hashes = new Int32Array(all.length);
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(all.length * 2 + 2)));
    const labels = all.map(([name]) => name.labels);
    this.#labels = labels;
    this.#few = all.length > FEW ? undefined : [...all.keys()].sort((a, b) => labels[b]! - labels[a]!);
    this.#most = labels.reduce((a, b) => Math.max(a, b), 0);
    this.#least = labels.reduce((a, b) => Math.min(a, b), MOST_LABELS);
    const starts = new Int32Array(MOST_LABELS);
    this.#names.forEach((bytes, zone) => {
      const count = labelsAt(bytes, 0, starts);
      let hash = SEED;
      for (let label = count - 1; label >= 0; label--) hash = more(hash, bytes, starts[label]!, starts[label + 1]!);
      this.#hashes[zone] = hash;
      if (this.#numbered(hash, bytes, 0) < 0) this.#put(hash, zone);
    });
  }
  #put(hash: number, zone: number): void {
    let place = this.#place(hash);
    while (this.#table[place] !== 0) place = (place + 1) & (this.#table.length - 1);
    this.#table[place] = zone + 1;
  }
  #place(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#table.length - 1);
  }
  /** The number of the zone whose name stands at `at`, -1 where it is none. */
  #numbered(hash: number, bytes: Uint8Array, at: number): number {
    const table = this.#table;
    for (let place = this.#place(hash); table[place] !== 0; place = (place + 1) & (table.length - 1)) {
      const zone = table[place]! - 1;
      if (this.#hashes[zone] === hash && isAt(bytes, at, this.#names[zone]!)) return zone;
    }
    return -1;
  }

  /** The label at which the longest zone begins that holds the name, -1 where none does. `bytes` are folded, `starts` from `labelsAt`. */
  find(bytes: Uint8Array, starts: Int32Array, count: number): number {
    this.value = undefined;
    if (this.#few !== undefined) return this.#findAmong(this.#few, bytes, starts, count);
    let found = -1;
    let hash = SEED;
    let label = count;
    for (const last = Math.max(0, count - this.#most); ; label--) {
      if (count - label >= this.#least) {
        const zone = this.#numbered(hash, bytes, starts[label]!);
        if (zone >= 0) {
          found = label;
          this.value = this.#values[zone];
        }
      }
      if (label <= last) return found;
      hash = more(hash, bytes, starts[label - 1]!, starts[label]!);
    }
  }
  #findAmong(zones: readonly number[], bytes: Uint8Array, starts: Int32Array, count: number): number {
    const end = starts[count]! + 1;
    for (let i = 0; i < zones.length; i++) {
      const zone = zones[i]!;
      const label = count - this.#labels[zone]!;
      if (label < 0) continue;
      const at = starts[label]!;
      const name = this.#names[zone]!;
      if (end - at !== name.length || !isAt(bytes, at, name)) continue;
      this.value = this.#values[zone];
      return label;
    }
    return -1;
  }
  /** What belongs to the zone that was found last, undefined where none was. */
  value: T | undefined = undefined;
}

/** The hash of a name with one more label in front. */
function more(hash: number, bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
  return hash;
}
function isAt(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0, n = name.length; i < n; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}
