// A transferred zone kept as a master file, which people read, and may have written: as the `zonefile` of Unbound's auth-zone. Knows
// files and zone text; knows nothing of how versions are made.
import { readFile } from 'node:fs/promises';
import { decodeMessage } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { DEFAULT_TTL } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { MasterFiles } from '../../zonefile/master-file.ts';
import { printRecord } from '../../zonefile/print.ts';
import { writtenAside } from '../written-aside.ts';
import { servedMessages, servedSerial } from '../zone/kept-zone.ts';
import type { KeepingParts } from '../zone/kept-zone.ts';
import type { Scratch } from '../zone/scratch.ts';
import type { ZoneCell } from '../zone/zone-cell.ts';

/** A zone in a master file. What it has counts from when it is read, as in Unbound. */
export class ZoneText {
  readonly #file: string;
  readonly #zone: Name;
  readonly #parts: KeepingParts;
  /** The serial of what is in the file. */
  #saved = -1;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string, zone: Name, parts: KeepingParts) {
    this.#file = file;
    this.#zone = zone;
    this.#parts = parts;
  }
  /** Fills a scratch that has begun with the zone; undefined where there is no file, or an empty one. Rejects where it cannot be read. */
  async fill(scratch: Scratch): Promise<'now' | undefined> {
    const text = await readFile(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    // Who wants it to be filled makes an empty one.
    if (text === undefined || text.every((octet) => octet <= 32)) return undefined;
    const files = new MasterFiles();
    files.ttl = DEFAULT_TTL;
    files.read(this.#file, this.#zone, scratch);
    if (!scratch.hasSoa) throw new Error(`${this.#file} has no SOA record for ${this.#zone.text}`);
    this.#saved = scratch.serial;
    return 'now';
  }
  /** Keeps what is served, where it is not what the file has. */
  keep(cell: ZoneCell): void {
    const { store, complain } = this.#parts;
    const serial = servedSerial(store, cell);
    if (serial === this.#saved) return;
    this.#saved = serial;
    this.#writing = this.#writing.then(async () => {
      await writtenAside(this.#file, lines(servedMessages(this.#parts, this.#zone, cell)));
    }).catch((error: Error) => {
      this.#saved = -1;
      complain(`The zonefile of ${this.#zone.text} could not be written: ${error.message}`);
    });
  }
}

/** The lines of a message at a time; the SOA ends a transfer, and stands at the beginning already. */
async function* lines(messages: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let soas = 0;
  for await (const message of messages) {
    let text = '';
    for (const record of decodeMessage(message).answer) if (record.type !== TYPE.SOA || ++soas === 1) text += `${printRecord(record)}\n`;
    yield text;
  }
}
