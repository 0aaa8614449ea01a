// A database of networks in the shared memory: read once a process, looked up in every thread. Knows files and the library that reads
// them; knows no query.
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Reader } from 'mmdb-lib';
import { parseMetadata } from 'mmdb-lib/lib/metadata.js';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import type { GeoRecord } from './labels.ts';

/** What a database says of itself stands within so many bytes of its end (MaxMind DB format, "database metadata"). */
export const METADATA_BYTES = 128 * 1024;
/** Records that a thread keeps decoded. */
const MOST_KEPT = 4096;
/** Queries of a load that has ended may ask for so long: milliseconds. */
const LINGER = 60_000;
/** In the flags of a space: where the database lies (words), and how long it is (bytes). */
const AT = 0, SIZE = 1, FLAGS = 2;
/** A file is read in pieces, between which others get their turn: bytes. */
const PIECE = 1 << 20;

/** The type of the database of which these are the last bytes. Throws Error where they are no database's. */
export function typeOf(end: Uint8Array): string {
  const { databaseType } = parseMetadata(Buffer.from(end.buffer, end.byteOffset, end.length));
  if (typeof databaseType !== 'string') throw new Error('it has no type');
  return databaseType;
}

/** The flags by which threads find a database. */
export const flagsOf = (space: ReturnType<Run['space']>): Flags => space.flags('geoip', FLAGS);

/** Brings the database into the shared memory and says where, for as long as the load lives. Main's. Rejects where it cannot be read. */
export async function bring(run: Run, path: string, flags: Flags): Promise<void> {
  const file = await open(path);
  try {
    const { dev, ino, size, mtimeMs } = await file.stat();
    const { at } = await run.shared.use(`geoip ${path} ${dev} ${ino} ${size} ${mtimeMs}`, run.signal, () => kept(run, file, size));
    flags.set(AT, at);
    flags.set(SIZE, size);
  } finally {
    await file.close();
  }
}
async function kept({ store, clock }: Run, file: FileHandle, size: number) {
  const { memory } = store;
  const at = memory.take(Math.ceil(size / 4));
  if (at === 0) throw new Error(`the shared memory has no room for its ${size} bytes`);
  const give = () => memory.give(at);
  try {
    const piece = Buffer.alloc(PIECE);
    for (let done = 0; done < size;) {
      const { bytesRead } = await file.read(piece, 0, Math.min(PIECE, size - done), done);
      if (bytesRead === 0) throw new Error('it became shorter while it was read');
      memory.bytes.set(piece.subarray(0, bytesRead), at * 4 + done);
      done += bytesRead;
    }
  } catch (error) {
    give();
    throw error;
  }
  return { at, close: () => void clock.after(LINGER, () => store.retire(give)) };
}

/** A database as a thread sees it. */
export class Database {
  readonly #reader: Reader<never>;

  /** Throws Error where the bytes are no database. */
  constructor({ memory }: Store, flags: Flags) {
    memory.refresh();
    const bytes = Buffer.from(memory.handle.buffer, flags.get(AT) * 4, flags.get(SIZE));
    const records = new Map<string | number, unknown>();
    const set = (key: string | number, value: unknown) => {
      if (records.size >= MOST_KEPT) records.clear();
      records.set(key, value);
    };
    this.#reader = new Reader(bytes, { cache: { get: (key) => records.get(key), set } });
  }

  /** What `read` says of the record of an address, '' where that is nothing; undefined where it cannot be looked up. Never throws. */
  find(address: string, read: (record: GeoRecord) => string | undefined): string | undefined {
    if (this.#reader.metadata.ipVersion === 4 && address.includes(':')) return undefined;
    try {
      return read((this.#reader.get(address) as GeoRecord | null) ?? {}) ?? '';
    } catch {
      // A record that is not as the format says.
      return undefined;
    }
  }
}
