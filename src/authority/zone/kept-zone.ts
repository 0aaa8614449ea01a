// A zone in a folder for the next start: its version, and the steps that led there. Knows snapshots and scratches; knows nothing of where
// versions come from and what becomes of them. Main's.
import type { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import { Filling, HEAD } from '../incoming/filling.ts';
import { Incoming } from '../incoming/incoming.ts';
import { transferMessages } from '../transfer-messages.ts';
import { turnsOf } from '../turns.ts';
import { Builder } from './build.ts';
import type { Built } from './build.ts';
import { blocksOf } from './blocks.ts';
import { allSteps } from './journal.ts';
import { Scratch } from './scratch.ts';
import { readSnapshot, touchSnapshot, writeSnapshot } from './snapshot.ts';
import { StepFile } from './step-file.ts';
import { JOURNAL, SERIAL } from './version.ts';
import type { ZoneCell } from './zone-cell.ts';
import { transferOf } from './zone-transfer.ts';

/** What a zone is kept with. */
export interface KeepingParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Hears why it cannot be kept. */
  readonly complain: (text: string) => void;
}

/** The serial of what is served of a zone. */
export const servedSerial = (store: Store, cell: ZoneCell): number =>
  store.reading.within(() => store.memory.words[cell.version + SERIAL]! >>> 0);
/** All that is served of a zone now, as messages of a transfer. */
export function servedMessages({ store, clock }: KeepingParts, zone: Name, cell: ZoneCell): AsyncIterable<Uint8Array> {
  const transfer = store.reading.within(() => transferOf(store, zone, cell, true));
  return transferMessages({ head: HEAD, tail: new Uint8Array(0) }, transfer, { store, turns: turnsOf(store, clock) });
}
/** One zone's files. */
export class KeptZone {
  readonly steps: StepFile;
  readonly #file: string;
  readonly #zone: Name;
  readonly #parts: KeepingParts;
  /** The serial of what is in the file. */
  #saved = -1;
  #writing: Promise<void> = Promise.resolve();

  /** `file` is that of the snapshot (snapshot.ts); the steps lie beside it. */
  constructor(file: string, zone: Name, parts: KeepingParts) {
    this.#file = file;
    this.#zone = zone;
    this.#parts = parts;
    const path = `${file.slice(0, -'zone'.length)}steps`;
    this.steps = new StepFile(path, zone.folded.octets, parts.store.memory, {
      clock: parts.clock, complain: (why) => parts.complain(`What became of ${zone.text} could not be kept: ${why}`),
    });
  }

  /**
   * Fills a scratch that has begun with the zone; when its primary was heard last, in milliseconds since 1970. Undefined where there is no
   * file; rejects where it is broken.
   */
  async fill(scratch: Scratch): Promise<number | undefined> {
    try {
      const contact = await this.#fill(scratch);
      if (contact === undefined) this.steps.pass();
      return contact;
    } catch (error) {
      this.steps.pass();
      throw error;
    }
  }
  async #fill(scratch: Scratch): Promise<number | undefined> {
    const kept = await readSnapshot(this.#file);
    if (kept === undefined) return undefined;
    const filling = new Filling(scratch, this.#zone.folded.octets);
    const incoming = new Incoming({
      zone: this.#zone, type: TYPE.AXFR, id: 0, serial: undefined, check: undefined, now: () => 0,
      mostRecords: Infinity, mostBytes: Infinity,
    }, filling);
    if (!kept.messages.some((message) => incoming.take(message))) throw new Error('it does not end');
    this.#saved = incoming.serial;
    return kept.contact;
  }
  /** The version that was kept, which nobody sees yet, with its steps; 0 where there is none that can be had. */
  async restore(mostIterations?: number): Promise<number> {
    const { store, complain } = this.#parts;
    const scratch = new Scratch(store.memory.hash).begin(this.#zone.folded.octets);
    if (mostIterations !== undefined) scratch.mostIterations = mostIterations;
    try {
      if (await this.fill(scratch) === undefined) return 0;
      const { version } = new Builder(store.memory).build(scratch, 0);
      this.steps.adopt(version);
      return version;
    } catch (error) {
      this.#saved = -1;
      complain(`What was kept of ${this.#zone.text} is not taken: ${error instanceof Error ? error.message : String(error)}`);
      return 0;
    }
  }
  /** A version was made from one that was restored: with it goes what nobody has any more. */
  settled(restored: number, { version, gone }: Pick<Built, 'version' | 'gone'>): Pick<Built, 'version' | 'gone'> {
    const { memory } = this.#parts.store;
    const { words } = memory;
    const isLinked = version === restored || words[version + JOURNAL] !== 0;
    return { version, gone: isLinked ? gone : Int32Array.from([...gone, ...allSteps(memory, words[restored + JOURNAL]!)]) };
  }
  /** Nothing was made from it. */
  discard(restored: number): void {
    const { memory } = this.#parts.store;
    for (const block of blocksOf(memory, restored)) memory.give(block);
  }

  /** Keeps what is served; where it is what the file has (`anew`: it is not, whatever its serial), the time alone. */
  keep(cell: ZoneCell, contact: number, anew = false): void {
    const { store, complain } = this.#parts;
    const serial = servedSerial(store, cell);
    if (!anew && serial === this.#saved) return void touchSnapshot(this.#file, contact);
    this.#saved = serial;
    this.#writing = this.#writing.then(async () => {
      await writeSnapshot(this.#file, servedMessages(this.#parts, this.#zone, cell), contact);
    }).catch((error: Error) => {
      this.#saved = -1;
      complain(`The snapshot of ${this.#zone.text} could not be written: ${error.message}`);
    });
  }
}
