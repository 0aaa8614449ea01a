// What a cluster tells of the names that its services have outside of it. Read by the plugin that serves such names; knows neither that
// plugin nor any cluster.
import type { Name } from '../dns/name.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Query } from '../kernel/query/query.ts';
import { Slot } from '../kernel/slot.ts';
import type { Node } from './backend.ts';
import type { Asked, Place, ServedZone } from './served-zones.ts';
import type { ZoneName } from './zone-name.ts';
import type { ZoneRecords } from './zone-records.ts';

/** How external names are told. */
export interface ExternalRules {
  /** Seconds: of addresses and pointers. What leads to other names has the cluster's own TTL (KEXT-4). */
  readonly ttl: number;
  /** Whether headless services are told with their endpoints. */
  readonly headless: boolean;
  /** Where the names are that addresses point back to. */
  readonly primary: Name;
}

/** One cluster as it is seen from outside, in one thread. */
export interface ExternalNames {
  /**
   * What is at the name of the question, which lies below the zone of `place` (KEXT-3); undefined: there is no such name. The node holds
   * until the turn ends; one that comes later holds as long as it is kept.
   */
  at(place: Place, query: Query): Node | Promise<Node> | undefined;
  /** When what is told from outside changed last, in seconds since 1970 (KEXT-5). */
  serial(): number;
  /** What the name is, for whoever explains an answer: called right after `at`. */
  told?(place: Place, query: Query): string;
  /** Why not all of its names may be known; undefined where they are. */
  incomplete(): string | undefined;
  stale(): string | undefined;
  /** Addresses outside of the cluster that lead to this server; undefined where it does not run in the cluster. */
  nameServers(): readonly Uint8Array[] | undefined;
  /** The addresses of this machine. */
  readonly machine: readonly Uint8Array[];
  /** Whether `at` would find something, whatever the type. */
  has(place: Place, asked: Asked): boolean;
  /** Writes everything below the zone, for transfers, but what is at names that are taken. */
  write(zone: ServedZone, to: ZoneRecords, isTaken: (asked: ZoneName) => boolean): Generator<void>;
}

/** Knows a cluster. */
export interface ExternalNamesSource {
  /** Called in `start`, in every thread that serves. */
  externalNames(run: Run, rules: ExternalRules): ExternalNames;
  /** Called in `control`: these zones have its names, and whoever keeps answers is to hear of their changes. */
  serves?(run: Run, zones: readonly ServedZone[]): void;
}
/** Put there by plugins that know clusters, in `create`; the first one that has a name answers. */
export const ExternalNamesSources = new Slot<ExternalNamesSource>('external names');
