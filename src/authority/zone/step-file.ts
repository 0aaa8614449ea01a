// What became of a zone from version to version, on disk, so that who had an older one before a restart still gets what is another since
// (RFC 1995). Knows a file and steps (journal.ts); makes no difference and knows nothing of where versions come from. Main's.
//
// The file is a head (magic, octets of the zone's name, the name in lower-case wire form) and steps, oldest first. A step is: octets of
// its body, a checksum of it (CRC-32), and the body: when it was made, the records of the zone after it (2^32 - 1: not known), both
// serials, octets of its four lists, these. Numbers have 32 bits. Nothing is synced: what is lost costs whole transfers, no zone.
import { appendFileSync, promises, readFileSync, statSync, writeFileSync } from 'node:fs';
import { latin1Bytes } from '../../dns/latin1.ts';
import { joined, setU32, u16, u32 } from '../../dns/packet.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Memory } from '../../store/memory.ts';
import { checksum } from '../update-journal.ts';
import { allSteps, madeAt, partsOf, serialsOf, writeStep } from './journal.ts';
import type { NewStep, Parts } from './journal.ts';
import { BYTES, JOURNAL, RECORDS, SERIAL, soaData } from './version.ts';

const { appendFile, rename, unlink, writeFile } = promises;
const MAGIC = latin1Bytes('coredns-ts steps 1\n');
const FRAME = 8, BODY = 32, UNKNOWN = 0xffffffff;
/** Octets that the file may have beyond what is known still: else a small zone's would be written anew with every step. */
const LEAST = 65_536;
/** Milliseconds within which versions are noted together: some zones change a thousand times a second. */
const SOON = 100;

/** A step as the file has it. */
export interface KeptStep {
  readonly made: number;
  readonly records: number;
  readonly from: number;
  readonly to: number;
  readonly parts: Parts;
}

/** What a file works with. */
export interface StepFileParts {
  readonly clock: Pick<Clock, 'after'>;
  readonly complain: (text: string) => void;
}

/** The steps of one zone. One object a file. */
export class StepFile {
  readonly #path: string;
  readonly #zone: Uint8Array;
  readonly #memory: Memory;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #complain: (text: string) => void;
  /** The version that is served, and what ends the waiting until its steps are written. */
  #noted = 0;
  #cancel: (() => void) | undefined;
  /** Octets of the file; 0: it is to be written anew with the next step. */
  #size = 0;
  /** The step in memory that the file has as its last one. */
  #last = 0;
  #exists = false;
  /** Whether it is decided what becomes of steps of an earlier process. */
  #isSettled = false;
  /** What is to be written, one after the other: behind what is there, or in place of it (nothing: there shall be no file). */
  readonly #waiting: { readonly bytes: Uint8Array; readonly isAll: boolean }[] = [];
  #work: Promise<void> | undefined;

  /** `zone` is the lower-case wire name; `complain` hears why the file cannot be written. */
  constructor(path: string, zone: Uint8Array, memory: Memory, { clock, complain }: StepFileParts) {
    this.#clock = clock;
    this.#path = path;
    this.#zone = zone;
    this.#memory = memory;
    this.#complain = complain;
  }

  /**
   * Gives a version that follows no other one the steps that led to it in an earlier process: those whose last one ends with the SOA that
   * it has, and as many records. Whatever else the file has does not count.
   */
  adopt(version: number): void {
    const { words } = this.#memory;
    if (this.#isSettled || words[version + JOURNAL] !== 0) return;
    this.#isSettled = true;
    const steps = this.#read();
    const serial = words[version + SERIAL]! >>> 0;
    const soa = soaData(this.#memory, version);
    const isHere = ({ to, records, parts }: KeptStep): boolean =>
      to === serial && (records === UNKNOWN || records === words[version + RECORDS]) && endsWith(parts[3], soa);
    const end = steps.findLastIndex(isHere);
    let begin = end;
    while (begin > 0 && steps[begin - 1]!.to === steps[begin]!.from) begin--;
    if (end < 0) return;
    let last = 0;
    for (const step of steps.slice(begin, end + 1)) {
      const lists = step.parts.map((bytes) => ({ bytes, length: bytes.length })) as unknown as NewStep['lists'];
      const written = writeStep(this.#memory, { ...step, older: last, lists });
      if (written === 0) {
        for (const each of allSteps(this.#memory, last)) this.#memory.give(each);
        return;
      }
      last = written;
    }
    this.#memory.words[version + JOURNAL] = last;
    // What is behind it in the file led to a version that nobody has any more.
    if (end === steps.length - 1) this.#last = last;
    else this.#size = 0;
  }
  /** What the earlier process had is not known: a version of the same serial need not be the one that the steps led to. */
  pass(): void {
    this.#isSettled = true;
    this.#read();
  }
  /** A version is served: the file gets the steps that it has not, soon, with those of others that come meanwhile. */
  note(version: number): void {
    this.#noted = version;
    if (this.#memory.words[version + JOURNAL] === 0) return this.#forget();
    this.#cancel ??= this.#clock.after(SOON, () => {
      this.#cancel = undefined;
      const frames = this.#due();
      if (frames !== undefined) this.#put(frames.bytes, frames.isAll);
    });
  }
  /** What is due is written now: nobody will be there later. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const frames = this.#noted === 0 ? undefined : this.#due();
    if (frames === undefined || this.#work !== undefined) return;
    try {
      if (frames.isAll) writeFileSync(this.#path, frames.bytes, { mode: 0o600 });
      else appendFileSync(this.#path, frames.bytes);
    } catch (error) {
      this.#fail(error);
    }
  }
  /** The steps of the version that is served which the file has not, or all that are known; undefined where it has them. */
  #due(): { readonly bytes: Uint8Array; readonly isAll: boolean } | undefined {
    const { words } = this.#memory;
    const version = this.#noted;
    const newest = words[version + JOURNAL]!;
    if (newest === 0 || newest === this.#last) return undefined;
    const all = allSteps(this.#memory, newest);
    const known = all.indexOf(this.#last);
    const records = words[version + RECORDS]!;
    const isAll = known < 0 || this.#size === 0 || this.#size > LEAST + 2 * words[version + BYTES]!;
    const steps = all.slice(0, isAll ? undefined : known).reverse();
    const frames = steps.map((step) => frameOf(this.#memory, step, step === newest ? records : UNKNOWN));
    const bytes = joined(isAll ? [this.#head, ...frames] : frames);
    this.#size = isAll ? bytes.length : this.#size + bytes.length;
    this.#last = newest;
    return { bytes, isAll };
  }
  /** Resolves when what was noted is in the file. */
  async written(): Promise<void> {
    await this.#work;
  }

  get #head(): Uint8Array {
    return joined([MAGIC, number(this.#zone.length), this.#zone]);
  }
  #read(): readonly KeptStep[] {
    // Of thousands of zones most have none, and an exception costs many times what a look does.
    if (statSync(this.#path, { throwIfNoEntry: false }) === undefined) return [];
    this.#exists = true;
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(this.#path);
    } catch {
      return [];
    }
    const head = this.#head;
    if (!head.every((byte, i) => bytes[i] === byte)) return [];
    const { steps, end } = stepsIn(bytes, head.length);
    if (end === bytes.length) this.#size = end;
    return steps;
  }
  /** A version came to which no step leads: what was known leads nowhere. */
  #forget(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#size = 0;
    this.#last = 0;
    if (this.#exists) this.#put(NOTHING, true);
  }
  #put(bytes: Uint8Array, isAll: boolean): void {
    this.#exists = true;
    if (isAll) this.#waiting.length = 0;
    this.#waiting.push({ bytes, isAll });
    this.#work ??= this.#go();
  }
  async #go(): Promise<void> {
    // What comes in this turn goes along.
    await undefined;
    try {
      for (let all = this.#waiting.splice(0); all.length > 0; all = this.#waiting.splice(0)) {
        const bytes = joined(all.map((each) => each.bytes));
        if (!all[0]!.isAll) await appendFile(this.#path, bytes);
        else if (bytes.length > 0) await replace(this.#path, bytes);
        else await unlink(this.#path);
      }
    } catch (error) {
      this.#waiting.length = 0;
      this.#fail(error);
    }
    this.#work = undefined;
  }
  #fail(error: unknown): void {
    this.#size = 0;
    this.#complain(error instanceof Error ? error.message : String(error));
  }
}
const NOTHING = new Uint8Array(0);
/** There is the old file or the new one. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}.${process.pid}.new`;
  try {
    await writeFile(aside, bytes, { mode: 0o600 });
    await rename(aside, path);
  } catch (error) {
    await unlink(aside).catch(() => {});
    throw error;
  }
}

/** Whether a list has one record, whose data these are. */
const endsWith = (list: Uint8Array, data: Uint8Array): boolean =>
  list.length === 9 + data.length && data.every((byte, i) => list[9 + i] === byte);

function frameOf(memory: Memory, step: number, records: number): Uint8Array {
  const parts = partsOf(memory, step);
  const [from, to] = serialsOf(memory, step);
  const body = joined([...[madeAt(memory, step), records, from, to, ...parts.map(({ length }) => length)].map(number), ...parts]);
  return joined([number(body.length), number(checksum(0, body)), body]);
}
/** The steps that are whole, up to the first that is not; and where the last one ends. */
export function stepsIn(bytes: Uint8Array, from: number): { readonly steps: readonly KeptStep[]; readonly end: number } {
  const steps: KeptStep[] = [];
  let at = from;
  while (at + FRAME <= bytes.length) {
    const end = at + FRAME + u32(bytes, at);
    if (end > bytes.length || end < at + FRAME + BODY) break;
    const body = bytes.slice(at + FRAME, end);
    if (u32(bytes, at + 4) !== checksum(0, body)) break;
    const step = stepIn(body);
    if (step === undefined) break;
    steps.push(step);
    at = end;
  }
  return { steps, end: at };
}
function stepIn(body: Uint8Array): KeptStep | undefined {
  const parts: Uint8Array[] = [];
  let at = BODY;
  for (let i = 0; i < 4; i++) {
    const end = at + u32(body, 16 + 4 * i);
    if (end > body.length) return undefined;
    parts.push(body.subarray(at, end));
    at = end;
  }
  const counts = parts.map(countIn);
  if (at !== body.length || counts.includes(-1) || counts[2] !== 1 || counts[3] !== 1) return undefined;
  return { made: u32(body, 0), records: u32(body, 4), from: u32(body, 8), to: u32(body, 12), parts: parts as unknown as Parts };
}
/** How many records a list has (difference.ts); -1: it is none. */
function countIn(list: Uint8Array): number {
  let count = 0;
  let at = 0;
  for (; at < list.length; count++) {
    const head = at + 1 + list[at]!;
    if (head + 8 > list.length) return -1;
    at = head + 8 + u16(list, head + 6);
  }
  return at === list.length ? count : -1;
}
function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  setU32(bytes, 0, value);
  return bytes;
}
