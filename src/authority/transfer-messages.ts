// A zone as the messages of its transfer (RFC 5936 section 2.2, XFR-3). Knows how many records a message takes; knows nothing of zones,
// clients and connections.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeRecord } from '../dns/encode.ts';
import { Name } from '../dns/name.ts';
import { HEADER } from '../dns/packet.ts';
import type { RR } from '../dns/rr.ts';
import { Writer } from '../dns/wire.ts';
import type { Epochs } from '../store/epochs.ts';
import type { Transfer } from './transfer.ts';

/** The most bytes of records that a message takes, counted without compression; one record alone may be larger. */
export const MOST = 63_000;

/** What every message has around its records. */
export interface Envelope {
  /** Header and question, as they are sent: the counts are those of a message without answers. */
  readonly head: Uint8Array;
  /** What stands behind the answers: an OPT, or nothing. */
  readonly tail: Uint8Array;
}

/** Records until there are enough for a message. */
class Batch {
  readonly #envelope: Envelope;
  #records: RR[] = [];
  /** What the records take without compression. */
  #size = 0;

  constructor(envelope: Envelope) {
    this.#envelope = envelope;
  }

  /** Takes one more record; the message of those before it where it would be one too many. */
  add(record: RR): Uint8Array | undefined {
    const length = record.name.raw.length + 10 + record.rdata.length;
    const full = this.#records.length > 0 && this.#size + length > MOST ? this.message() : undefined;
    this.#records.push(record);
    this.#size += length;
    return full;
  }
  /** The records as a message; the batch is empty then. Names are shortened, the question's counts. Throws RangeError above 65535 bytes. */
  message(): Uint8Array {
    const { head, tail } = this.#envelope;
    const most = head.length + this.#size + tail.length;
    const writer = new Writer({ bytes: new Uint8Array(most), at: 0, end: most }, true);
    writer.octets(head, 0, HEADER);
    writer.name(Name.read(head, HEADER, head.length), true);
    writer.octets(head, head.length - 4);
    for (const record of this.#records) writeRecord(writer, record);
    writer.octets(tail);
    writer.setU16(6, this.#records.length);
    if (writer.at > 65535) throw new RangeError('a record that fits into no message');
    this.#records = [];
    this.#size = 0;
    return writer.bytes.subarray(0, writer.at);
  }
}

/**
 * The messages of a transfer: the SOA, the records in their order, the SOA. Other work gets its turn between two of them; while one is
 * made, nothing is recycled that can be found in the store. A message is the receiver's own. When nobody wants more, the iterator of the
 * records is returned.
 */
export async function* transferMessages(
  envelope: Envelope, { soa, records }: Pick<Transfer, 'soa' | 'records'>, epochs: Pick<Epochs, 'pin'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const batch = new Batch(envelope);
  batch.add(soa);
  let pin = epochs.pin();
  try {
    for await (const record of records) {
      const full = batch.add(record);
      if (full === undefined) continue;
      pin.release();
      yield full;
      await nextTurn();
      pin = epochs.pin();
    }
  } finally {
    pin.release();
  }
  const full = batch.add(soa);
  if (full !== undefined) yield full;
  yield batch.message();
}
