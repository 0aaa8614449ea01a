// Signs one zone's file, in whichever thread: what is ordered can be sent to another one. Knows files and keys; knows nothing of when.
import { signZone } from '../../authority/signed-zone.ts';
import { Name } from '../../dns/name.ts';
import { SigningKey } from '../../dnssec/signing-key.ts';
import type { PrivateParts } from '../../dnssec/signing-key.ts';
import { fileError } from '../../wording/errno.ts';
import { MasterFiles } from '../../zonefile/master-file.ts';
import { RecordList } from '../../zonefile/record-list.ts';
import { writeSignedFile } from './signed-file.ts';

/** A key as it is sent. */
export interface SentKey {
  readonly owner: string;
  readonly ttl: number;
  readonly data: Uint8Array;
  readonly parts: PrivateParts;
}
/** What is to be signed, where it goes, and how. */
export interface SignOrder {
  readonly input: string;
  readonly path: string;
  /** The zone, as a lower-case wire name. */
  readonly zone: string;
  readonly keys: readonly SentKey[];
  readonly serial: number;
  readonly inception: number;
  readonly expiration: number;
}

/** A key, to be sent. */
export const sent = (key: SigningKey): SentKey => ({ owner: key.owner.raw, ttl: key.ttl, data: key.data, parts: key.privateParts() });

/** What went wrong, for people. */
export const wordsOf = (error: unknown): string => fileError(error, (error as NodeJS.ErrnoException).path ?? '');

/** Reads, signs and writes. Rejects with a text for people; then the signed file is as it was. */
export async function signFile({ input, path, zone, keys, ...signing }: SignOrder): Promise<void> {
  try {
    const name = Name.wire(zone);
    const list = new RecordList();
    const { files } = new MasterFiles().read(input, name, list);
    const own = keys.map(({ owner, ttl, data, parts }) => new SigningKey(Name.wire(owner), ttl, data, parts));
    await writeSignedFile(path, name, await signZone(list.records, name, { ...signing, keys: own }), files);
  } catch (error) {
    throw new Error(wordsOf(error), { cause: error });
  }
}
