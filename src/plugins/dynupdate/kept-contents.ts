// What a zone has, from its seed or its database, and how what becomes of it gets there before anybody is told (DYN-9). Knows the journal
// and the contents; knows no version of a zone and no client.
import { UpdateContents, contentsOf, entryOf } from '../../authority/update-contents.ts';
import { UpdateJournal } from '../../authority/update-journal.ts';
import { readSeed } from '../../authority/update-seed.ts';
import type { UpdateLimits } from '../../authority/update-seed.ts';
import type { NameChange } from '../../authority/update-versions.ts';
import type { Name } from '../../dns/name.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
import { receiptEntry, receiptIn } from '../../authority/update-receipts.ts';
import type { Receipt, Receipts, Signed } from '../../authority/update-receipts.ts';

/** What a zone is kept in. */
export interface Places {
  readonly zone: Name;
  readonly seed: string;
  /** Undefined: it lies in memory alone. */
  readonly database: string | undefined;
}
/** What an update made of names, what they had before, and whose it was. */
export interface Change extends NameChange {
  readonly signed: Signed;
}
/** Octets that a database may have beyond the zone, where the zone is short: else each update would write it anew. */
const LEAST = 65_536;

/** One zone's records. */
export class KeptContents {
  readonly #places: Places;
  readonly #receipts: Receipts;
  #journal: UpdateJournal | undefined;
  /** Octets of the database when it was the zone and its receipts alone. */
  #folded = 0;
  contents: UpdateContents;

  private constructor(places: Places, receipts: Receipts) {
    this.#places = places;
    this.#receipts = receipts;
    this.contents = new UpdateContents(places.zone);
  }

  /** From the database where there is one, else from the seed. Rejects with a sentence where the zone cannot begin so. */
  static async open(places: Places, limits: UpdateLimits, receipts: Receipts): Promise<KeptContents> {
    const kept = new KeptContents(places, receipts);
    const { zone, seed, database } = places;
    const entries = database === undefined ? [] : await entriesIn(database, zone);
    if (entries.length > 0) await kept.reread();
    else kept.contents = readSeed(seed, zone, limits);
    const { records, bytes } = kept.contents;
    if (records > limits.mostRecords || bytes > limits.mostBytes) {
      throw new Error(`database ${quoted(database!)} exceeds configured limits`);
    }
    return kept;
  }

  /** Whether there is a database, or none is wished for. */
  get isMade(): boolean {
    return this.#places.database === undefined || this.#journal !== undefined;
  }
  /** Makes the database with what the zone has. Rejects where that cannot be done. */
  async make(now: number): Promise<void> {
    if (this.isMade) return;
    const { journal, entries } = await this.#open();
    try {
      if (entries.length > 0) throw new Error(`${quoted(this.#places.database!)} was made by somebody else meanwhile`);
      await this.#fold(journal, now);
    } catch (error) {
      await journal.close();
      throw error;
    }
    this.#journal = journal;
  }
  /** Whether the database has what somebody else put there. */
  get isForeign(): boolean {
    return this.#journal?.isForeign ?? false;
  }
  /** Reads the database again, after a failure: what it has is what there is. Rejects where it cannot be read. */
  async reread(): Promise<void> {
    await this.close();
    const { journal, entries } = await this.#open();
    this.contents = contentsOf(this.#places.zone, entries, (entry) => this.#receipts.give(receiptIn(entry), 0));
    this.#folded = this.contents.bytes;
    this.#journal = journal;
  }
  async #open(): Promise<Awaited<ReturnType<typeof UpdateJournal.open>>> {
    const { database, zone } = this.#places;
    try {
      return await UpdateJournal.open(database!, zone);
    } catch (error) {
      throw told(error, database!);
    }
  }

  /** Resolves when all of it is on disk. After a rejection nobody knows what is: `reread`. */
  async keep(changes: readonly Change[]): Promise<void> {
    const journal = this.#journal;
    if (journal === undefined) return;
    const entries = changes.flatMap(({ changed, signed }) => [entryOf(changed), receiptEntry(signed)]);
    try {
      await Promise.all(entries.map((entry) => journal.append(entry)));
    } catch (error) {
      this.#journal = undefined;
      await journal.close().catch(() => {});
      throw told(error, this.#places.database!);
    }
  }
  /** Whether more was appended than was there when it was folded: so an octet is written twice, however often. */
  get isLong(): boolean {
    return this.#journal !== undefined && this.#journal.size - this.#folded > Math.max(LEAST, this.#folded);
  }
  /** Puts the zone in place of all that was appended. Rejects where that cannot be done: then the next one to keep anything fails too. */
  async fold(now: number): Promise<void> {
    if (this.#journal !== undefined) await this.#fold(this.#journal, now);
  }
  async #fold(journal: UpdateJournal, now: number): Promise<void> {
    const receipts: Receipt[] = [...this.#receipts.valid(now)];
    try {
      await journal.fold([this.contents.whole(), ...receipts.filter(({ rcode }) => rcode === 0).map(receiptEntry)]);
    } catch (error) {
      throw told(error, this.#places.database!);
    }
    this.#folded = journal.size;
  }
  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
  }
}
/** The entries of a database; none where there is no file yet. */
async function entriesIn(database: string, zone: Name): Promise<readonly Uint8Array[]> {
  try {
    return await UpdateJournal.entriesIn(database, zone);
  } catch (error) {
    // The folder too may come later: that shows at the first use, as in CoreDNS.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw told(error, database);
  }
}
/** What the system says, in Go's words. */
function told(error: unknown, path: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? (error as Error) : new Error(fileError(error, path), { cause: error });
}
