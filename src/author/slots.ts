// The slots of a block that authors of plugins may use, under the types that authors know. Knows who declares them; knows nothing of what
// is put there.
import * as transfers from '../authority/transfer.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import * as paths from '../kernel/site/search-path.ts';
import * as sites from '../kernel/site/site.ts';
import type { Slot } from '../kernel/slot.ts';
import type { Query } from './query.ts';

/** Decides whether a block takes a query; `name` is the `view` label of metrics. */
export interface View {
  readonly name: string;
  accepts(query: Query): boolean;
}
/** Knows search paths, under the name by which a Corefile asks for it (`autopath @NAME`). */
export interface SearchPathSource {
  readonly name: string;
  /** The search path of the client that asks, in lower case, most likely suffix first; the root stands for the name as it is. */
  searchPath(query: Query): readonly Name[] | undefined;
}
/** One version of a zone, as it is given away. */
export interface Transfer {
  /** Sent as the first record and as the last one. */
  readonly soa: RR;
  /** Everything else in the zone; a throw breaks the transfer off. They have to stay the version that `soa` is of. */
  readonly records: Iterable<RR> | AsyncIterable<RR>;
}
/** A plugin's zones, for `transfer`. */
export interface TransferSource {
  /** The plugin's word. */
  readonly name: string;
  /** The zone of exactly this name; undefined where it has none. `serial` is what the client of an IXFR has. */
  transfer(zone: Name, serial: number | undefined): Transfer | Promise<Transfer> | undefined;
  /** `changed` is to be called, on main, whenever a zone is another one: its secondaries get a NOTIFY. */
  watch?(changed: (zone: Name) => void): void;
}

/** Whether the block takes a query: read by the server. */
export const ViewFilter = sites.ViewFilter as unknown as Slot<View>;
/** `true`: other classes than IN come to this block's plugins. Read by the server. */
export const AnyClass: Slot<true> = sites.AnyClass;
/** Milliseconds after a query came in which nobody else is asked any more; put there by `cancel`, read by what asks others. */
export const Deadline: Slot<number> = sites.Deadline;
/** Read by `autopath`. */
export const SearchPaths = paths.SearchPaths as unknown as Slot<SearchPathSource>;
/** Read by `transfer`. */
export const Transfers = transfers.Transfers as unknown as Slot<TransferSource>;
