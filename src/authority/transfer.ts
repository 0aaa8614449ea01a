// What a plugin that has whole zones gives away of them (RFC 5936): the versions of its zones, and word that one is new. Read by
// `transfer`; knows no plugin, no message and no client.
import { compareSerials } from '../dns/order.ts';
import { u32 } from '../dns/packet.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import { Slot } from '../kernel/slot.ts';
import type { ZoneRecords } from './zone-records.ts';

/** Writes a zone, step by step. */
export type ZoneWriter = (to: ZoneRecords) => Generator<void>;

/** What one version of a zone has no more and has new, compared with the one before (RFC 1995 section 4); none of it an SOA of the apex. */
export interface Difference {
  /** The SOA of the version before. */
  readonly from: RR;
  readonly removed: Iterable<RR> | ZoneWriter;
  /** The SOA of the version after. */
  readonly to: RR;
  readonly added: Iterable<RR> | ZoneWriter;
}

/** One version of a zone, as it is given away. */
export interface Transfer {
  /** The zone's SOA: sent as the first record and as the last one. */
  readonly soa: RR;
  /**
   * Whether a client that has the serial it was asked with needs nothing: it gets the SOA alone. Where it is not given, that is so when
   * it is that of the zone or ahead of it (RFC 1982).
   */
  readonly upToDate?: boolean;
  /**
   * Everything else in the zone, in the order in which it is sent: no SOA of the apex, but its signatures. Each record once, owner names
   * as they shall be seen. Records one by one, or what writes them: it is called once, or never, and each step of it writes those of a name
   * or two. Both go on in several turns of the event loop and no faster than the client reads, so they have to stay the version that
   * `soa` is of. What was found in the store holds until the next step, no longer. A throw breaks the transfer off: the client sees that
   * the connection ended. `Overtaken`, before the first record, says that the version could not wait: the source is asked once more.
   */
  readonly records: Iterable<RR> | AsyncIterable<RR> | ZoneWriter;
  /**
   * All steps from the version with this serial to this one, oldest first, for an IXFR; undefined where they are not known any more, or are
   * longer than the zone: then the zone is sent.
   */
  differences?(serial: number): readonly Difference[] | undefined;
  /** Whether it is still the version that is served: who goes on reading an old one is cut after a while. */
  isCurrent?(): boolean;
  /** Of a zone of others, until when it may be served: seconds since 1970. Else the SOA says for how long (RFC 7314). */
  readonly until?: number;
}

/**
 * A plugin's zones, for `transfer`. A part that has any puts one into `Transfers` when it is made:
 *
 *     create(config, site) {
 *       const zones = new MyZones(config);
 *       site.put(Transfers, { name: 'mine', transfer: (zone, serial) => zones.transfer(zone, serial) });
 *       return zones;
 *     }
 *
 * Sources are asked in the order of the chain, in every thread that serves.
 */
export interface TransferSource {
  /** The plugin's word: the failed notifies of its zones are logged under it. */
  readonly name: string;
  /**
   * The zone of exactly this lower-case name as it is now; undefined, at once, where it has none of that name: the next source is asked.
   * `serial` is what the client of an IXFR has; undefined for an AXFR and, as in CoreDNS, for serial 0. Throws or rejects with an Error
   * where the zone is its own and cannot be had now (not loaded yet, expired): the client gets SERVFAIL, the log gets the error.
   */
  transfer(zone: Name, serial: number | undefined): Transfer | Promise<Transfer> | undefined;
  /**
   * Called at most once, on the main thread, before any `control` of a plugin that stands after `transfer` in the chain. `changed` is to
   * be called, there, whenever a zone was loaded, reloaded or transferred: the secondaries of that zone get a NOTIFY (RFC 1996), not
   * before the server listens. A source without it sends none.
   */
  watch?(changed: (zone: Name) => void): void;
  /** What the log says of a NOTIFY that was not accepted; `why`, which names zone and secondary, where it is not given. */
  failed?(zone: Name, why: string): string;
}

/** A new version came before the records of a transfer were asked for. */
export class Overtaken extends Error {
  constructor() {
    super('a new version came before the transfer could begin');
  }
}

/** Where sources are put, in `create`. Read by `transfer`. */
export const Transfers = new Slot<TransferSource>('transfer sources');

/** Put there by `transfer`: has the secondaries of a zone told that it changed, and says who that is. Main's. */
export const Notifiers = new Slot<{ notify(zone: Name): readonly string[] }>('notifiers');

/** The serial of an SOA (RFC 1035 section 3.3.13); 0 where the record has no data. */
export const serialOf = ({ rdata }: Pick<RR, 'rdata'>): number => (rdata.length < 20 ? 0 : u32(rdata, rdata.length - 20));

/** Whether a client with this serial has the zone already. */
export const isUpToDate = ({ soa, upToDate }: Transfer, serial: number | undefined): boolean =>
  serial !== undefined && (upToDate ?? compareSerials(serial, serialOf(soa)) >= 0);

/** The differences as what is sent between the SOA of the zone and itself. */
export const asRecords = (differences: readonly Difference[]): ZoneWriter => function* write(to) {
  for (const { from, removed, to: after, added } of differences) {
    yield to.add(from);
    yield* written(to, removed);
    yield to.add(after);
    yield* written(to, added);
  }
};
function* written(to: ZoneRecords, records: Iterable<RR> | ZoneWriter): Generator<void> {
  if (typeof records === 'function') yield* records(to);
  else for (const record of records) yield to.add(record);
}
