// The lines of a file, a piece of it at a time, so that one of any size costs no memory. Knows files and lines; knows no rule.
import { closeSync, openSync, readSync } from 'node:fs';

/** Octets that are read at a time, and that a line may have. */
const PIECE = 1 << 20, LONGEST = 4096;

/** What a file is instead of a list: said to whoever gave it. */
export class ListError extends Error {
  override readonly name = 'ListError';
}
/** Who reads lines. */
interface LineReader {
  read(bytes: Uint8Array, from: number, to: number): void;
  tooLong(): void;
}

/** Reads each line of the file. Throws ListError for what is no list, and what the system says of one that cannot be read. */
export function readLines(path: string, lines: LineReader): void {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(PIECE + LONGEST + 1);
    let kept = 0;
    let skipping = false;
    for (let first = true; ; first = false) {
      const got = readSync(file, bytes, kept, PIECE, null);
      if (got === 0) break;
      const end = kept + got;
      if (first) judge(bytes, end);
      let at = first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
      for (let stop = bytes.indexOf(10, Math.max(at, kept)); stop >= 0 && stop < end; stop = bytes.indexOf(10, at)) {
        if (skipping || stop - at > LONGEST) lines.tooLong();
        else lines.read(bytes, at, stop);
        skipping = false;
        at = stop + 1;
      }
      skipping ||= end - at > LONGEST;
      kept = skipping ? 0 : end - at;
      if (kept > 0) bytes.copyWithin(0, at, end);
    }
    if (skipping) lines.tooLong();
    else if (kept > 0) lines.read(bytes, 0, kept);
  } finally {
    closeSync(file);
  }
}
/** Why a file is no list; undefined where it may be one, or is not there. */
export function listFault(path: string): string | undefined {
  try {
    readLines(path, { read() {}, tooLong() {} });
  } catch (error) {
    if (error instanceof ListError) return `${path}: ${error.message}`;
  }
  return undefined;
}
/** Whether it can be a list, by how it begins. */
function judge(bytes: Uint8Array, end: number): void {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new ListError('it is compressed: unpack it');
  let at = 0;
  while (at < end && (bytes[at]! <= 0x20 || bytes[at]! === 0xef || bytes[at]! === 0xbb || bytes[at]! === 0xbf) && bytes[at] !== 0) at++;
  if (bytes[at] === 0x3c) throw new ListError('it is a page of HTML, not a list');
  const zero = bytes.indexOf(0);
  if (zero >= 0 && zero < end) throw new ListError('it is no text');
}
