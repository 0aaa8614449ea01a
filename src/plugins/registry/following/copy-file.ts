// A copy of a zone in a file, over a restart: which state of whose store it is, since when that is not known to be current, and all keys.
// Knows the file and its form; a file that is not whole is none.
//
// It is text: a line with a JSON object of the first three, one with each key and its value as a JSON array, and the SHA-256 of all that.
// When all that was current is the file's time too, as of a transferred zone's: that grows where nothing else does.
import { createHash, randomBytes } from 'node:crypto';
import { promises } from 'node:fs';

const { mkdir, open, rename, unlink, utimes } = promises;
/** Lines that are written at once. */
const PIECE = 2000;

/** What tells such a file from others. */
const KEPT = 'coredns-ts copy';

/** What a copy is of. */
export interface KeptHead {
  readonly zone: string;
  /** The id of the last event that is in it. */
  readonly token: string;
  /** When that was all that there was, in milliseconds since 1970. */
  readonly contact: number;
}
/** What a file has. */
interface KeptZone {
  readonly head: KeptHead;
  readonly keys: ReadonlyMap<string, string>;
}

/** Writes it: there is the old file or the new one, whole, whatever happens. Rejects with what the system said. */
export async function writeCopy(file: string, head: KeptHead, keys: Iterable<readonly [key: string, value: string]>): Promise<void> {
  // Two that write at the same time, such as two loads, do not write into one.
  const beside = `${file}.${randomBytes(6).toString('hex')}.new`;
  await mkdir(file.slice(0, file.lastIndexOf('/')), { recursive: true, mode: 0o700 });
  try {
    await writeWhole(beside, head, keys);
    await rename(beside, file);
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw error;
  }
}
async function writeWhole(file: string, head: KeptHead, keys: Iterable<readonly [key: string, value: string]>): Promise<void> {
  const hash = createHash('sha256');
  const handle = await open(file, 'wx', 0o600);
  try {
    let lines = [JSON.stringify({ [KEPT]: 1, ...head })];
    const flush = async (): Promise<void> => {
      const text = `${lines.join('\n')}\n`;
      lines = [];
      hash.update(text);
      await handle.writeFile(text);
    };
    // What changes meanwhile is written with the next one: all keys are taken now.
    for (const each of [...keys]) {
      lines.push(JSON.stringify(each));
      if (lines.length >= PIECE) await flush();
    }
    if (lines.length > 0) await flush();
    await handle.writeFile(`${hash.digest('hex')}\n`);
    await handle.utimes(head.contact / 1000, head.contact / 1000);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
/** What the file has was still all that there was at this time. Never rejects: without that it is thought to be older. */
export const touchCopy = (file: string, contact: number): Promise<void> => utimes(file, contact / 1000, contact / 1000).catch(() => {});
/** Reads it; undefined where there is none. Rejects with Error where it cannot be used. */
export async function readCopy(file: string, zone: string): Promise<KeptZone | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { mtimeMs } = await handle.stat();
    const { head, keys } = copyOf(await handle.readFile(), zone);
    return { head: { ...head, contact: Math.max(head.contact, mtimeMs) }, keys };
  } finally {
    await handle.close();
  }
}
/** Reads what a file has. Throws Error where that is no copy of the zone, or not a whole one. */
export function copyOf(bytes: Buffer, zone: string): KeptZone {
  const end = bytes.length - 65;
  const isWhole = end > 0 && createHash('sha256').update(bytes.subarray(0, end)).digest('hex') === bytes.toString('latin1', end, end + 64);
  if (!isWhole) throw new Error('it is not whole');
  const [first, ...lines] = bytes.toString('utf8', 0, end - 1).split('\n');
  const head = headOf(first!);
  if (head?.zone !== zone) throw new Error(`it is no copy of ${zone}`);
  return { head, keys: new Map(lines.map((line) => JSON.parse(line) as [string, string])) };
}
function headOf(line: string): KeptHead | undefined {
  const said = JSON.parse(line) as { readonly [name: string]: unknown };
  const { zone, token, contact } = said;
  return said[KEPT] === 1 && typeof zone === 'string' && typeof token === 'string' && typeof contact === 'number'
    ? { zone, token, contact } : undefined;
}
