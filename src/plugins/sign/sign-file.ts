// Signs one zone's file, in whichever thread: what is ordered can be sent to another one. Knows files and keys; knows nothing of when.
import type { Chain } from '../../authority/signing/chain.ts';
import { signZone } from '../../authority/signed-zone.ts';
import { Name } from '../../dns/name.ts';
import { received } from '../../dnssec/sent-key.ts';
import type { SentKey } from '../../dnssec/sent-key.ts';
import { fileError } from '../../wording/errno.ts';
import { MasterFiles } from '../../zonefile/master-file.ts';
import { RecordList } from '../../zonefile/record-list.ts';
import { writeSignedFile } from './signed-file.ts';

/** What is to be signed, where it goes, and how. */
export interface SignOrder {
  readonly input: string;
  readonly path: string;
  /** The zone, as a lower-case wire name. */
  readonly zone: string;
  readonly keys: readonly SentKey[];
  readonly serial: number;
  readonly chain: Chain;
  readonly inception: number;
  readonly expiration: number;
}

/** What went wrong, for people. */
export const wordsOf = (error: unknown): string => fileError(error, (error as NodeJS.ErrnoException).path ?? '');

/** Reads, signs and writes. Rejects with a text for people; then the signed file is as it was. */
export async function signFile({ input, path, zone, keys, ...signing }: SignOrder): Promise<void> {
  try {
    const name = Name.wire(zone);
    const list = new RecordList();
    const { files } = new MasterFiles().read(input, name, list);
    const own = keys.map(received);
    await writeSignedFile(path, name, await signZone(list.records, name, { ...signing, keys: own }), files, signing.chain);
  } catch (error) {
    throw new Error(wordsOf(error), { cause: error });
  }
}
