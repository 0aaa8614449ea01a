// A zone as the messages of its transfer (RFC 5936 section 2.2, XFR-3). Knows that others have to get their turn; knows nothing of zones,
// clients and connections.
import type { RR } from '../dns/rr.ts';
import type { Store } from '../store/store.ts';
import type { Transfer } from './transfer.ts';
import type { Turns } from './turns.ts';
import { ZoneRecords } from './zone-records.ts';
import type { Envelope } from './zone-records.ts';

/** What transfers share in a thread. */
export interface Shared {
  readonly store: Pick<Store, 'pin'>;
  readonly turns: Turns;
}

/**
 * The messages of a transfer: the SOA, the records in their order, the SOA. All transfers of a thread together take a millisecond of a turn
 * of the event loop; what is found in the store stays while one writes, not between turns. A message is the receiver's own. When nobody
 * wants more, the iterator of the records is returned.
 */
export async function* transferMessages(
  envelope: Envelope, { soa, records }: Pick<Transfer, 'soa' | 'records'>, { store, turns }: Shared,
): AsyncGenerator<Uint8Array, void, undefined> {
  const zone = new ZoneRecords(envelope);
  if (Symbol.asyncIterator in records) {
    zone.add(soa);
    for await (const record of records) {
      zone.add(record);
      if (zone.full.length === 0) continue;
      yield* zone.full.splice(0);
      await turns.begin();
      turns.end();
    }
    yield* last(zone, soa);
    return;
  }
  const steps = typeof records === 'function' ? records(zone) : added(zone, records);
  let done = false;
  try {
    while (!done) {
      await turns.begin();
      try {
        if (zone.count === 0) zone.add(soa);
        while (!done && zone.full.length === 0) {
          const pin = store.pin();
          try {
            do done = steps.next().done === true;
            while (!done && zone.full.length === 0 && !turns.isUp);
          } finally {
            pin.release();
          }
          if (!done && zone.full.length === 0) await turns.rest();
        }
      } finally {
        turns.end();
      }
      yield* zone.full.splice(0);
    }
  } finally {
    steps.return(undefined);
  }
  yield* last(zone, soa);
}
function* added(zone: ZoneRecords, records: Iterable<RR>): Generator<void> {
  for (const record of records) yield zone.add(record);
}
function last(zone: ZoneRecords, soa: RR): Uint8Array[] {
  zone.add(soa);
  zone.end();
  return zone.full;
}
