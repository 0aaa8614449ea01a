// What a zone became by updates, on disk before anybody is told: entries appended, one sync for all that wait, a torn end cut off at the
// next start. Knows a file; what an entry says is its caller's.
//
// The file is a head (magic, octets of the zone's name, the name in lower-case wire form) and frames. A frame is what was written at once:
// octets of its entries, a checksum that goes on from the frame before (CRC-32), then each entry behind its length. Numbers have 32 bits.
// No frame is begun before the one before it is on disk, so only the last one can be torn.
import { fstatSync, promises, statSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Name } from '../dns/name.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { joined, setU32, u32 } from '../dns/packet.ts';
import { quoted } from '../wording/quote.ts';

const { open, readFile, rename, unlink } = promises;
const MAGIC = latin1Bytes('coredns-ts updates 1\n');
const LENGTH = 4, FRAME = 8;
/** Where a bbolt file, which CoreDNS has here, says what it is, and the number that it has there. */
const BOLT_AT = 16, BOLT = 0xed0cdaed;

/** What was on disk when the journal was opened. */
export interface Reopened {
  readonly journal: UpdateJournal;
  /** In the order in which they were appended. */
  readonly entries: readonly Uint8Array[];
  /** Octets of a frame that was never whole, and so never acknowledged: they are gone now. */
  readonly cut: number;
}

/** Something to be done, in its turn: an entry to append, or entries to put in place of all. */
interface Job {
  readonly entry: Uint8Array | undefined;
  readonly instead: readonly Uint8Array[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** The journal of one zone. One object a file. */
export class UpdateJournal {
  readonly #path: string;
  readonly #zone: Name;
  #file: FileHandle;
  #size: number;
  #sum: number;
  readonly #jobs: Job[] = [];
  /** What is under way, undefined where nothing is. */
  #work: Promise<void> | undefined;
  #broken: unknown = undefined;

  private constructor(path: string, zone: Name, file: FileHandle, size: number, sum: number) {
    this.#path = path;
    this.#zone = zone;
    this.#file = file;
    this.#size = size;
    this.#sum = sum;
  }

  /** Opens the file of a zone, made where there is none. Rejects with a sentence where it is another zone's, damaged, or no journal. */
  static async open(path: string, zone: Name): Promise<Reopened> {
    const there = await octetsOf(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (there === undefined || there.length === 0) {
      const size = await write(path, headOf(zone));
      return { journal: new UpdateJournal(path, zone, await open(path, 'r+'), size, NOTHING), entries: [], cut: 0 };
    }
    const { entries, end, sum } = read(path, there, zone);
    const file = await open(path, 'r+');
    if (end < there.length) {
      await file.truncate(end);
      await file.datasync();
    }
    return { journal: new UpdateJournal(path, zone, file, end, sum), entries, cut: there.length - end };
  }

  /** The entries of a zone's file, which stays as it is. Rejects as `open` does, and where there is none. */
  static async entriesIn(path: string, zone: Name): Promise<readonly Uint8Array[]> {
    return UpdateJournal.entriesOf(path, await octetsOf(path), zone);
  }
  /** The same of octets that were read there. Throws Error. */
  static entriesOf(path: string, bytes: Uint8Array, zone: Name): readonly Uint8Array[] {
    return bytes.length === 0 ? [] : read(path, bytes, zone).entries;
  }
  /** Whether a file begins as a journal of updates does. */
  static isOne(bytes: Uint8Array): boolean {
    return begins(bytes, MAGIC);
  }

  /** Whether the file is another one, or has more or less, than this journal left there. */
  get isForeign(): boolean {
    const own = fstatSync(this.#file.fd);
    return own.size !== this.#size || statSync(this.#path, { throwIfNoEntry: false })?.ino !== own.ino;
  }
  /** Octets on disk. */
  get size(): number {
    return this.#size;
  }
  /** Resolves when the entry is on disk; rejects where it is not, and then so does everything after it until the file is opened anew. */
  append(entry: Uint8Array): Promise<void> {
    return this.#add(entry, []);
  }
  /** Puts these entries in place of all that were appended before: the old file or the new one is there, whatever happens. */
  fold(entries: readonly Uint8Array[]): Promise<void> {
    return this.#add(undefined, entries);
  }
  #add(entry: Uint8Array | undefined, instead: readonly Uint8Array[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#jobs.push({ entry, instead, done, failed });
      this.#work ??= this.#go();
    });
  }
  async #go(): Promise<void> {
    // Whoever comes in this turn goes along; and `#work` is this before it can be at its end.
    await undefined;
    while (this.#jobs.length > 0) {
      const fold = this.#jobs.findIndex(({ entry }) => entry === undefined);
      const all = this.#jobs.splice(0, fold < 0 ? this.#jobs.length : Math.max(1, fold));
      try {
        if (this.#broken !== undefined) throw this.#broken;
        await (fold === 0 ? this.#fold(all[0]!.instead) : this.#append(all.map(({ entry }) => entry!)));
        for (const { done } of all) done();
      } catch (error) {
        // Nobody knows what is on disk of it (a sync that failed cannot be tried again): the next start reads and cuts.
        this.#broken = error;
        for (const { failed } of all) failed(error);
      }
    }
    this.#work = undefined;
  }
  async #append(entries: readonly Uint8Array[]): Promise<void> {
    const { bytes, sum } = frameOf(this.#sum, entries);
    await this.#put(bytes);
    this.#sum = sum;
  }
  async #put(bytes: Uint8Array): Promise<void> {
    if (this.isForeign) throw new Error(`${quoted(this.#path)} was written by somebody else, who may have the same zone`);
    // What is written goes into memory; only the sync is waited for elsewhere.
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file.fd, bytes, at, bytes.length - at, this.#size + at);
    await this.#file.datasync();
    this.#size += bytes.length;
  }

  async #fold(entries: readonly Uint8Array[]): Promise<void> {
    const head = headOf(this.#zone);
    const { bytes, sum } = frameOf(NOTHING, entries);
    const size = await write(this.#path, joined([head, bytes]));
    const old = this.#file;
    this.#file = await open(this.#path, 'r+');
    this.#size = size;
    this.#sum = sum;
    await old.close();
  }
  /** Ends when what was appended is on disk. */
  async close(): Promise<void> {
    await this.#work;
    this.#broken ??= new Error(`${this.#path} is closed`);
    await this.#file.close();
  }
}
const NOTHING = 0;

/** Writes a file aside, and puts it in place with the folder synced; how many octets it has. */
async function write(path: string, bytes: Uint8Array): Promise<number> {
  const aside = `${path}.new`;
  await unlink(aside).catch(() => {});
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
  return bytes.length;
}
function headOf(zone: Name): Uint8Array {
  const name = zone.folded.octets;
  return joined([MAGIC, number(name.length), name]);
}
function frameOf(before: number, entries: readonly Uint8Array[]): { readonly bytes: Uint8Array; readonly sum: number } {
  const body = joined(entries.flatMap((entry) => [number(entry.length), entry]));
  const sum = checksum(before, body);
  return { bytes: joined([number(body.length), number(sum), body]), sum };
}
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 0 ? sum >>> 1 : (sum >>> 1) ^ 0xedb88320;
  return sum;
});
/** CRC-32 of the length and the octets, going on from another: octets that are all 0 do not have 0. */
export function checksum(before: number, body: Uint8Array): number {
  let sum = ~before;
  for (const part of [number(body.length), body]) for (let i = 0; i < part.length; i++) sum = CRC[(sum ^ part[i]!) & 255]! ^ (sum >>> 8);
  return ~sum >>> 0;
}
function number(value: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  setU32(bytes, 0, value);
  return bytes;
}

/** A `Buffer` would not do: a slice of it is no copy. */
async function octetsOf(path: string): Promise<Uint8Array> {
  const { buffer, byteOffset, length } = await readFile(path);
  return new Uint8Array(buffer, byteOffset, length);
}
/** The entries of a file, and where its last whole frame ends. Throws Error with a sentence. */
function read(path: string, bytes: Uint8Array, zone: Name): { entries: Uint8Array[]; end: number; sum: number } {
  const head = headOf(zone);
  // bbolt writes numbers as the machine does.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length >= BOLT_AT + 4 && (view.getUint32(BOLT_AT, true) === BOLT || view.getUint32(BOLT_AT) === BOLT)) {
    const cure = 'transfer the zone into its seed, and name another file';
    throw new Error(`${quoted(path)} is a database of CoreDNS (bbolt), which is not read: ${cure}`);
  }
  if (!begins(bytes, MAGIC)) throw new Error(`${quoted(path)} is no journal of updates`);
  if (!begins(bytes, head)) throw new Error(`${quoted(path)} is not the journal of ${zone.text}`);
  const entries: Uint8Array[] = [];
  let sum: number = NOTHING;
  let at = head.length;
  while (at + FRAME <= bytes.length) {
    const end = at + FRAME + u32(bytes, at);
    if (end > bytes.length) break;
    const body = bytes.subarray(at + FRAME, end);
    const made = checksum(sum, body);
    if (u32(bytes, at + LENGTH) !== made) {
      // A file system may have made the file longer than what it wrote of it.
      if (bytes.subarray(end).every((byte) => byte === 0)) break;
      throw new Error(`${quoted(path)} is damaged at byte ${at}: what follows was acknowledged and cannot be read`);
    }
    for (let i = 0; i < body.length; i += LENGTH + u32(body, i)) entries.push(body.slice(i + LENGTH, i + LENGTH + u32(body, i)));
    sum = made;
    at = end;
  }
  return { entries, end: at, sum };
}
const begins = (bytes: Uint8Array, start: Uint8Array): boolean => start.every((byte, i) => bytes[i] === byte);
