// What is counted of each query, by the server, zone and view that it came to (PROM-2, PROM-3). Knows cells; knows no endpoint.
import type { Name } from '../../dns/name.ts';
import type { Clock } from '../../kernel/clock.ts';
import { apart } from '../../kernel/query/derive.ts';
import { elapsed } from '../../kernel/query/elapsed.ts';
import { PerServer } from '../../kernel/seen/metrics.ts';
import type { Outcome, Stream } from '../../kernel/query/outcome.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import { MOST_LABELS, ZoneMap, labelsAt } from '../../kernel/site/zones.ts';
import { CountedZones, Traffic, TrafficCells } from '../../kernel/serving/traffic.ts';

/** What the label is where no zone of the block holds the name. */
const ROOT = '.';

const textsOf = (zones: readonly Name[]): ZoneMap<string> => new ZoneMap(zones.map((zone) => [zone, zone.text]));

/** The counters of one block. */
export class Counter {
  readonly #clock: Clock;
  readonly #plugin: string;
  readonly #moreZones: readonly (() => readonly Name[])[];
  readonly #zones: readonly Name[];
  /** The text of each zone; those that others put there, by the list that they gave. */
  readonly #map: ZoneMap<string>;
  readonly #moreMaps = new WeakMap<readonly Name[], ZoneMap<string>>();
  readonly #starts = new Int32Array(MOST_LABELS);
  /** For each server the cells of the block's first zone; most blocks have one, and the name needs no look. */
  readonly #first: PerServer<TrafficCells>;
  readonly #byZone: PerServer<(zone: string) => TrafficCells>;

  constructor(run: Run, site: Site, plugin: string) {
    const traffic = new Traffic(run.metrics);
    this.#clock = run.clock;
    this.#plugin = plugin;
    this.#moreZones = site.all(CountedZones);
    this.#zones = site.zones;
    this.#map = textsOf(site.zones);
    this.#first = new PerServer(({ label }) => new TrafficCells(traffic, label, this.#zones[0]!.text, site.view));
    this.#byZone = new PerServer(({ label }) => {
      const made = new Map<string, TrafficCells>();
      return (zone) => {
        let cells = made.get(zone);
        if (cells === undefined) made.set(zone, (cells = new TrafficCells(traffic, label, zone, site.view)));
        return cells;
      };
    });
  }

  /** Counts a query by its outcome: made once, so that no query makes a closure. */
  readonly after = (outcome: Outcome, query: Query): Outcome => {
    if (outcome.kind === 'stream') return { ...outcome, messages: this.#follow(outcome, apart(query)) };
    const milliseconds = elapsed(query, this.#clock);
    const cells = this.#cells(query);
    if (outcome.kind === 'reply') cells.count(query, outcome.rcode, outcome.plainLength, milliseconds, this.#plugin);
    else cells.count(query, outcome.kind === 'failure' ? outcome.rcode : 0, 0, milliseconds, '');
    return outcome;
  };
  #cells(query: Query): TrafficCells {
    const server = query.channel.service;
    if (this.#zones.length === 1 && this.#moreZones.length === 0) return this.#first.of(server);
    return this.#byZone.of(server)(this.#zone(query));
  }
  #zone(query: Query): string {
    void query.key;                                                   // its name is folded at `keyAt` from now on
    const { bytes, keyAt } = query;
    const starts = this.#starts;
    const count = labelsAt(bytes, keyAt, starts);
    let longest = this.#map.find(bytes, starts, count);
    let zone = this.#map.value;
    for (const more of this.#moreZones) {
      const map = this.#mapOf(more());
      const label = map.find(bytes, starts, count);
      if (label < 0 || (longest >= 0 && label >= longest)) continue;
      longest = label;
      zone = map.value;
    }
    return zone ?? ROOT;
  }
  #mapOf(zones: readonly Name[]): ZoneMap<string> {
    let map = this.#moreMaps.get(zones);
    if (map === undefined) this.#moreMaps.set(zones, (map = textsOf(zones)));
    return map;
  }
  /** A transfer counts as one reply with the bytes of all its messages. */
  async *#follow({ messages }: Stream, query: Query): AsyncGenerator<Uint8Array> {
    let size = 0;
    try {
      for await (const message of messages) {
        size += message.length;
        yield message;
      }
    } finally {
      this.#cells(query).count(query, 0, size, elapsed(query, this.#clock), this.#plugin);
    }
  }
}
