// The records that a source of transfers writes, as text. Knows messages; knows no source.
import type { ZoneWriter } from '../authority/transfer.ts';
import { ZoneRecords } from '../authority/zone-records.ts';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import type { Name } from '../dns/name.ts';
import { message } from '../dns/parts.ts';
import { printRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';

/** All records of a zone but its SOA, in the order in which they are sent. */
export function writtenRecords(zone: Name, write: ZoneWriter): RR[] {
  const head = encodeMessage(message({ question: { name: zone, type: TYPE.AXFR, class: CLASS.IN } }), { compress: false });
  const records = new ZoneRecords({ head, tail: new Uint8Array(0) });
  const steps = write(records);
  while (steps.next().done !== true);
  records.end();
  return records.full.flatMap((each) => [...decodeMessage(each).answer]);
}
/** The same as lines of a zone file, in order. */
export const writtenZone = (zone: Name, write: ZoneWriter): string[] =>
  writtenRecords(zone, write).map((record) => printRR(record).replaceAll(/\s+/g, ' ')).sort();
