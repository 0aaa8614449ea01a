// Zones in the shared memory as a source of answers: each name is found with one probe, its closest encloser with one a label more. Knows
// keys, pages and marks; knows no file, and makes no object for a question.
import type { Clock } from '../../kernel/clock.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import { MOST_LABELS, labelsAt } from '../../kernel/site/zones.ts';
import type { Query } from '../../kernel/query/query.ts';
import { KEY_AT, compareKey, keyLength } from '../../store/ordered-entry.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import type { Memory } from '../../store/memory.ts';
import type { Reading } from '../../store/reading.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Finding, Proof } from '../finding.ts';
import { findSet } from '../record-sets.ts';
import type { Place, ServedZone, ServedZones } from '../served-zones.ts';
import type { Source } from '../source.ts';
import { HashedNames } from './hashed-names.ts';
import { NameKey, writeWire } from './name-key.ts';
import { BELOW, CUT, EMPTY, FIRST, RENAMED, WILD, flagsOf, setsAt } from './nodes.ts';
import { NAMES, NS_SET, PARAM, SOA_SET, denialOf } from './version.ts';
import type { ZoneCell } from './zone-cell.ts';

/** What zones are found in. */
interface Stored {
  readonly memory: Memory;
  readonly reading: Reading;
}

/** Some zones of one thread. */
export class ZoneSource implements Source {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  readonly unknown = 'denial';
  readonly #memory: Memory;
  readonly #pages: OrderedPages;
  /** By the zone's index. */
  readonly #cells: readonly ZoneCell[];
  readonly #hashed: HashedNames;
  /** The zone whose hashes are asked for, filled anew each time. */
  readonly #of = { zone: 0, version: 0, loads: 0 };
  readonly #key = new NameKey();
  readonly #starts = new Int32Array(MOST_LABELS + 1);
  /** Labels of the name before the zone that the last `#encloser` found; the root of the names. */
  #labels = 0;
  #root = 0;

  readonly #clock: Pick<Clock, 'wall'> | undefined;

  /** `cells` are those of the zones, by their index; the clock tells how old those of others are. */
  constructor(
    { memory }: Stored, zones: ServedZones, cells: readonly ZoneCell[], fallthrough: Fallthrough, clock?: Pick<Clock, 'wall'>,
  ) {
    this.#clock = clock;
    this.#memory = memory;
    this.#pages = new OrderedPages(memory);
    this.#hashed = new HashedNames(memory);
    this.zones = zones;
    this.#cells = cells;
    this.fallthrough = fallthrough;
  }

  remaining(zone: ServedZone): number | undefined {
    const { until } = this.#cells[zone.index]!;
    return until === 0 || this.#clock === undefined ? undefined : Math.max(0, until - Math.floor(this.#clock.wall() / 1000));
  }
  find(place: Place, query: Query, finding: Finding): undefined {
    this.#find(place, query, finding);
  }
  #find(place: Place, { bytes }: Query, finding: Finding): void {
    if (!this.#begin(place.zone, finding)) return;
    const { labels } = place;
    const key = this.#key.read(bytes, place.at, 0, labels).hash(this.#memory.hash);
    const node = this.#encloser(labels);
    const { words } = this.#memory;
    const found = this.#labels;
    const flags = flagsOf(words, node);
    if ((flags & BELOW) !== 0) return this.#above(labels, finding);
    const label = labels - found;
    if ((flags & CUT) !== 0) return finding.stored('cut', label, setsAt(words, node));
    if (label === 0) return finding.stored('node', 0, setsAt(words, node));
    if ((flags & RENAMED) !== 0) return finding.stored('rename', label, setsAt(words, node));
    const star = (flags & WILD) === 0 ? 0 : this.#star(key, found);
    if (star === 0) return finding.nothing(label);
    finding.stored('wildcard', label, setsAt(words, star));
  }
  /** Says of which zone a finding is; false where it cannot be asked. */
  #begin(zone: ServedZone, finding: Finding): boolean {
    const cell = this.#cells[zone.index]!;
    const { version } = cell;
    if (version === 0 || cell.isExpired) {
      finding.unready(version === 0 ? 'the zone is not loaded' : 'the zone is expired');
      return false;
    }
    const { words, bytes } = this.#memory;
    this.#root = words[version + NAMES]!;
    finding.of(bytes, words[version + SOA_SET]!, words[version + NS_SET]!, denialOf(words, version));
    return true;
  }
  /** The name of the key, or the closest one above it that exists: at the least the zone. */
  #encloser(labels: number): number {
    const { bytes, ends, hashes } = this.#key;
    const pages = this.#pages;
    const root = this.#root;
    let n = labels;
    let node = pages.find(root, hashes[n]!, bytes, ends[n]!);
    while (node === 0) {
      n--;
      node = pages.find(root, hashes[n]!, bytes, ends[n]!);
    }
    this.#labels = n;
    return node;
  }
  #star(key: NameKey, labels: number): number {
    key.star(labels).hash(this.#memory.hash, labels + 1);
    return this.#pages.find(this.#root, key.hashes[labels + 1]!, key.bytes, key.length);
  }
  /** What hides the name: the first from the zone on that is delegated, or owns a DNAME. */
  #above(labels: number, finding: Finding): void {
    const { bytes, ends, hashes } = this.#key;
    const { words } = this.#memory;
    for (let n = 0; n <= labels; n++) {
      const node = this.#pages.find(this.#root, hashes[n]!, bytes, ends[n]!);
      const flags = flagsOf(words, node);
      if ((flags & (CUT | RENAMED)) !== 0) return finding.stored((flags & CUT) !== 0 ? 'cut' : 'rename', labels - n, setsAt(words, node));
    }
    throw new Error('a name is marked to be below what is not there');
  }

  exactly(zone: ServedZone, name: Uint8Array, length: number, finding: Finding): void {
    if (!this.#begin(zone, finding)) return;
    const below = length - zone.bytes.length;
    let labels = labelsAt(name, 0, this.#starts);
    while (labels > 0 && this.#starts[labels]! > below) labels--;
    const key = this.#key.read(name, this.#starts, 0, labels).hash(this.#memory.hash, labels);
    const node = this.#pages.find(this.#root, key.hashes[labels]!, key.bytes, key.length);
    if (node === 0) return finding.nothing(0);
    const { words } = this.#memory;
    finding.stored((flagsOf(words, node) & (CUT | BELOW)) === 0 ? 'node' : 'cut', 0, setsAt(words, node));
  }

  prove(place: Place, { bytes, nameLength }: Query, label: number, wildcard: boolean, proof: Proof): void {
    const { index } = place.zone;
    const cell = this.#cells[index]!;
    // Before the version: whoever publishes one counts it behind that.
    const { loads } = cell;
    const { version } = cell;
    const { words } = this.#memory;
    proof.set = 0;
    if (version === 0) return;
    if (words[version + PARAM] !== 0) {
      const at = place.at[label]!;
      const of = this.#of;
      of.zone = index;
      of.loads = loads;
      of.version = version;
      return this.#hashed.prove(of, bytes, at, place.at[0]! + nameLength - at, wildcard, proof);
    }
    this.#root = words[version + NAMES]!;
    const key = this.#key.read(bytes, place.at, label, place.labels);
    const labels = place.labels - label;
    if (wildcard) {
      key.hash(this.#memory.hash, labels);
      const above = this.#pages.find(this.#root, key.hashes[labels]!, key.bytes, key.length);
      key.star(labels);
      // Nothing stands between it and its star: no search.
      if (above !== 0 && (flagsOf(words, above) & FIRST) !== 0 && this.#tell(above, key, proof)) return;
    }
    let node = this.#pages.before(this.#root, key.bytes, key.length);
    while (node !== 0 && !this.#tell(node, key, proof)) node = this.#pages.previous(this.#root);
  }
  /** Says that this node's NSEC is the proof; false where it owns none, as empty names and glue do. */
  #tell(node: number, key: NameKey, proof: Proof): boolean {
    const { words, bytes } = this.#memory;
    if ((flagsOf(words, node) & (EMPTY | BELOW)) !== 0) return false;
    const set = findSet(bytes, setsAt(words, node), TYPE.NSEC);
    if (set === 0) return false;
    proof.bytes = bytes;
    proof.set = set;
    proof.matches = compareKey(words, bytes, node, key.bytes, key.length) === 0;
    proof.length = writeWire(bytes, node * 4 + KEY_AT, keyLength(words, node), proof.owner, 0);
    return true;
  }
}
