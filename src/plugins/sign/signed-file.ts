// The signed file of a zone: what it says of itself at its beginning, and how it is written so that it is the old one or the new one,
// whole, whatever happens. Knows its text; knows nothing of keys.
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Chain } from '../../authority/signing/chain.ts';
import type { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { SOA } from '../../dns/types.ts';
import { RRSIG } from '../../dns/types-security.ts';
import type { FileState } from '../../zonefile/master-file.ts';
import { printZone } from '../../zonefile/print.ts';
import type { ListedRecord } from '../../zonefile/record-list.ts';

/** Octets at the beginning in which all that is looked for must stand. */
const BEGINNING = 1 << 16;
const INPUT = '; of ', CHAIN = '; by ';
const CHAINS: readonly Chain[] = ['nsec', 'nsec3', 'opt-out'];

/** What a signed file says of itself. */
export interface SignedFile {
  readonly serial: number;
  /** Of the signature of its SOA. */
  readonly inception: number;
  readonly expiration: number;
  readonly tag: number;
  /** How it denies, as whoever wrote it said. */
  readonly chain: Chain;
  /** What it was made of, a line each; none where somebody else wrote it. */
  readonly inputs: readonly string[];
}

/** What a file is known by. */
export const inputLine = ({ path, size, mtimeMs }: Pick<FileState, 'path' | 'size' | 'mtimeMs'>): string => `${size} ${mtimeMs} ${path}`;

/** Reads the beginning of a signed file. Rejects with what the system says, or where it has no signed SOA. */
export async function readSignedFile(path: string): Promise<SignedFile> {
  const file = await open(path);
  let text: string;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
    text = buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
  const inputs: string[] = [];
  let serial: number | undefined;
  let chain: Chain = text.includes('\tNSEC3PARAM\t') ? 'nsec3' : 'nsec';
  for (const line of text.split('\n')) {
    if (line.startsWith(CHAIN)) chain = CHAINS.find((one) => one === line.slice(CHAIN.length)) ?? chain;
    if (line.startsWith(INPUT)) inputs.push(line.slice(INPUT.length));
    if (!/\t(SOA|RRSIG\tSOA)[\t ]/.test(line)) continue;
    const { type, rdata } = parseRR(line)!;
    if (type === TYPE.SOA) ({ serial } = SOA.values(rdata));
    else if (serial !== undefined) {
      const { inception, expiration, keyTag: tag } = RRSIG.values(rdata);
      return { serial, inception, expiration, tag, chain, inputs };
    }
  }
  throw new Error(`${path} has no signed SOA record`);
}

/** Writes a signed zone in the place of the one before. Rejects with what the system says; then that is as it was. */
export async function writeSignedFile(
  path: string, zone: Name, records: readonly ListedRecord[], inputs: readonly FileState[], chain: Chain,
): Promise<void> {
  const beside = `${path}.tmp`;
  // What a crash left, or somebody else's link: never written through.
  await rm(beside, { force: true });
  const file = await open(beside, 'wx', 0o644);
  try {
    const lines = inputs.map((input) => `${INPUT}${inputLine(input)}\n`).join('');
    await file.writeFile(`; ${zone} as it was signed\n${CHAIN}${chain}\n${lines}`);
    for (const piece of printZone(records)) await file.writeFile(piece);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
  const folder = await open(dirname(path));
  // Some file systems cannot do that to a folder: what they keep is the old file or the new one all the same.
  await folder.sync().catch(() => {});
  await folder.close();
}
