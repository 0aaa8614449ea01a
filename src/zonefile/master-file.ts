// Opens master files and what they include, and reads them in pieces of a megabyte. Knows files, nothing of their text.

import fs from 'node:fs';
import path from 'node:path';
import type { Name } from '../dns/name.ts';
import { ZoneFileError } from './error.ts';
import { type ReaderHost, ZoneReader } from './reader.ts';
import type { RecordSink } from './sink.ts';
import { MAX_ENTRY } from './tokens.ts';

/** How deep `$INCLUDE` may go. */
const DEEPEST = 7;
const PIECE = 1 << 20;

/** A file as it was read: when one of these is another, so is the file. */
export interface FileState {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  /** Octets. */
  readonly size: number;
  readonly mtimeMs: number;
}

/** What was read. */
export interface FileReading {
  /** Records that went to the sink, and those whose owner it did not want. */
  readonly records: number;
  readonly outside: number;
  /** The file and all that it includes, in the order in which they were opened. */
  readonly files: readonly FileState[];
}

/** Reads master files, one after another; one object for all of them. */
export class MasterFiles implements ReaderHost {
  private readonly reader = new ZoneReader();
  /** The files that are being read, each included by the one before, and a buffer for each depth. */
  private readonly open: FileState[] = [];
  private readonly buffers: Uint8Array[] = [];
  private files: FileState[] = [];
  /** Octets that were read so far, and those of all files that were opened. */
  octets = 0;
  size = 0;
  /** Seconds of records that have none before the file says some; as CoreDNS where it is not said. */
  ttl: number | undefined;
  /** Is told of each problem: reading goes on where it returns true. */
  problem: ((problem: ZoneFileError) => boolean) | undefined;

  /** Where the record stands that the sink is being handed: its file, and the line at which its entry begins. */
  get place(): { readonly file: string; readonly line: number } {
    return this.reader.place;
  }

  /**
   * Reads the file of a zone into a sink. Throws ZoneFileError where its text cannot be read, and where it is no regular file or changes
   * while it is read; what the system says where it cannot be opened. With a `problem` reading goes on behind each one, until it returns
   * false.
   */
  read(file: string, zone: Name, sink: RecordSink, problem?: (problem: ZoneFileError) => boolean): FileReading {
    this.open.length = 0;
    this.files = [];
    this.octets = this.size = 0;
    this.problem = problem;
    const { reader } = this;
    reader.begin(zone, file, sink, this, this.ttl);
    const refused = this.pieces(file, () => undefined);
    if (refused !== undefined) throw new ZoneFileError(file, 1, 1, '', refused, `${file}: ${refused} expected`);
    return { records: reader.records, outside: reader.outside, files: this.files };
  }

  include(name: string, from: string, enter: (file: string) => void): string | undefined {
    if (this.open.length > DEEPEST) return `at most ${DEEPEST} files within each other`;
    const file = path.isAbsolute(name) ? name : path.join(path.dirname(from), name);
    try {
      return this.pieces(file, enter);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof ZoneFileError || typeof code !== 'string') throw error;
      return `a file that can be opened (${file}: ${code})`;
    }
  }

  /** Reads a file to its end; what belongs in its place where it may not be read. */
  private pieces(file: string, enter: (file: string) => void): string | undefined {
    if (!fs.statSync(file).isFile()) return 'a regular file';       // opening a device may do something, and a FIFO waits
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const stat = fs.fstatSync(fd);
      if (!stat.isFile()) return 'a regular file';
      if (this.open.some(({ dev, ino }) => dev === stat.dev && ino === stat.ino)) return 'a file that does not include itself';
      const { dev, ino, size, mtimeMs } = stat;
      const state = { path: file, dev, ino, size, mtimeMs };
      this.open.push(state);
      this.size += size;
      this.files.push(state);
      enter(file);
      const read = this.readAll(fd);
      this.open.pop();
      const after = fs.fstatSync(fd);
      if (read !== size || after.size !== size || after.mtimeMs !== mtimeMs) {
        throw new ZoneFileError(file, 1, 1, '', 'a file that does not change', `${file}: changed while it was read`);
      }
      return undefined;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Hands all of a file to the reader; the number of its octets. */
  private readAll(fd: number): number {
    const { reader } = this;
    const depth = this.open.length;
    const buffer = (this.buffers[depth] ??= new Uint8Array(PIECE + MAX_ENTRY));
    let total = 0;
    let have = 0;
    let begun = false;
    for (;;) {
      const count = fs.readSync(fd, buffer, have, Math.min(PIECE, buffer.length - have), null);
      total += count;
      this.octets += count;
      have += count;
      const last = count === 0;
      if (!begun && have < 3 && !last) continue;
      let at = begun ? 0 : markLength(buffer, have);
      begun = true;
      at = reader.parse(buffer, at, have, last);
      if (last) return total;
      buffer.copyWithin(0, at, have);
      have -= at;
    }
  }
}

/** How long a byte order mark at the beginning is: some editors write one. */
function markLength(buffer: Uint8Array, have: number): number {
  return have > 2 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? 3 : 0;
}
