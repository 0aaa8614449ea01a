// The source that a backend is: what it says of a name as a finding, and its SOA. Knows backends; knows none by name.
import { HEADER } from '../dns/packet.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Fallthrough } from '../kernel/site/fallthrough.ts';
import type { Backend, Node } from './backend.ts';
import type { Finding } from './finding.ts';
import type { Place, ServedZone, ServedZones } from './served-zones.ts';
import { writeSoa } from './soa.ts';
import type { Soa } from './soa.ts';
import type { Source, Unknown } from './source.ts';

/** Made once a part and thread. */
export class Computed implements Source {
  readonly zones: ServedZones;
  readonly fallthrough: Fallthrough;
  readonly unknown: Unknown;
  readonly aliasTtl: number;
  readonly writeSoa: NonNullable<Source['writeSoa']> | undefined;
  readonly told: Source['told'];
  readonly #backend: Backend;

  constructor(backend: Backend) {
    const { zones, fallthrough, unknown, ttl, soa } = backend;
    this.zones = zones;
    this.fallthrough = fallthrough;
    this.unknown = unknown;
    this.aliasTtl = ttl;
    this.#backend = backend;
    this.told = backend.told === undefined ? undefined : (place, query) => backend.told!(place, query);
    this.writeSoa = soa === undefined ? undefined : (reply, section, zone, query) => soaInto(reply, section, soa, ttl, zone, query);
  }

  find(place: Place, query: Query, finding: Finding): Promise<Node | undefined> | undefined {
    const node = this.#backend.at(place, query);
    if (node instanceof Promise) return node;
    finding.computed(node);
    return undefined;
  }
  incomplete(place: Place, query: Query): string | undefined {
    return this.#backend.incomplete(place, query);
  }
  instead(place: Place): 'next' | 'denial' | undefined {
    return this.#backend.instead?.(place);
  }
  stale(): string | undefined {
    return this.#backend.stale?.();
  }
}

function soaInto(reply: Message, section: number, soa: Soa, ttl: number, zone: ServedZone, query: Query): number {
  const { form } = soa;
  const { length } = zone.bytes;
  const owner = form.folded && !isFolded(query, zone) ? zone.bytes : HEADER + query.nameLength - length;
  return writeSoa(reply, section, owner, length, ttl, soa.serial(zone), form);
}
/** Whether the question has the zone, which ends its name, in lower case. */
function isFolded({ bytes, at, nameLength }: Query, { bytes: folded }: ServedZone): boolean {
  const from = at + HEADER + nameLength - folded.length;
  for (let i = 0; i < folded.length; i++) if (bytes[from + i] !== folded[i]) return false;
  return true;
}
