// Keys in a file of SQLite: pairs, leases, and what changed at the last revisions. Knows SQL and what a sync that failed means; is handed
// the library, and lives in a thread of its own, since each commit waits for the disk.
import type * as nodeSqlite from 'node:sqlite';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import type { Answers, Batch, Granted, Opened, Read, Result, SentEvent, SentPair, Write } from './file-orders.ts';
import { COMPACTED } from './key-value.ts';
import type { Comparison, Operation, Transaction, Trouble } from './key-value.ts';

type Database = Pick<nodeSqlite.DatabaseSync, 'exec' | 'prepare' | 'close'>;
type Statement = Pick<nodeSqlite.StatementSync, 'run' | 'get' | 'all' | 'iterate' | 'setReadBigInts'>;

/** Revisions whose changes are kept, and how many more there may be before the oldest are dropped. */
const HISTORY = 10_000, SLACK = 1000;
/** Batches between two checkpoints, which bring the log back into the file. */
const CHECKPOINT = 500;
/** SQLite's codes: the disk is full; the disk failed (https://www.sqlite.org/rescode.html). */
const FULL = 13, IO_ERROR = 10;

/** The first one had no past: what was at an old revision is not known of it. */
const FORMAT = 2;
const SCHEMA = `
CREATE TABLE IF NOT EXISTS pairs(key BLOB PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL, lease INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_lease ON pairs(lease) WHERE lease <> 0;
CREATE TABLE IF NOT EXISTS history(revision INTEGER NOT NULL, key BLOB NOT NULL, value BLOB, lease INTEGER NOT NULL,
  PRIMARY KEY(revision, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS past(key BLOB NOT NULL, until INTEGER NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL,
  lease INTEGER NOT NULL, PRIMARY KEY(key, until)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases(id INTEGER PRIMARY KEY, seconds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES('format', ${FORMAT}), ('revision', 1), ('compacted', 1),
  ('source', random() & 0xffffffffffff);
`;
const text = (key: Uint8Array): string => latin1(key, 0, key.length);

/** What a row of pairs or of history has. */
interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly revision: bigint;
  readonly lease: bigint;
}
const pairOf = ({ key, value, revision, lease }: Row): SentPair => ({ key: text(key), value: value ?? new Uint8Array(), revision, lease });
const eventOf = (row: Row): SentEvent =>
  ({ key: text(row.key), revision: row.revision, pair: row.value === null ? undefined : pairOf(row) });

/** One file. */
export class FileState {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();
  #revision: bigint;
  #compacted: bigint;
  #batches = 0;
  /** Why nothing is taken any more. */
  #broken: string | undefined;

  /** Throws Error where the file cannot be opened, or another process has it. */
  constructor(database: Database) {
    this.#database = database;
    // Another process cannot open it meanwhile, and no memory is shared by way of a file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    const format = this.#number('format');
    if (format > FORMAT) throw new Error('it was written by a newer version');
    this.#revision = this.#number('revision');
    if (format < FORMAT) {
      database.exec(`BEGIN IMMEDIATE; DELETE FROM history; UPDATE meta SET value = ${this.#revision} WHERE name = 'compacted';
        UPDATE meta SET value = ${FORMAT} WHERE name = 'format'; COMMIT`);
    }
    this.#compacted = this.#number('compacted');
  }
  opened(): Opened {
    const leases = this.#sql('SELECT id, seconds FROM leases').all() as unknown as { readonly id: bigint; readonly seconds: bigint }[];
    return {
      revision: this.#revision, source: this.#number('source'), leases: leases.map(({ id, seconds }) => [id, Number(seconds)] as const),
    };
  }
  close(): void {
    this.#database.close();
  }

  /** Does a batch: all its writes are kept by one sync, or none was done. */
  run({ writes, reads }: Batch): Answers {
    return { writes: writes.length === 0 ? [] : this.#writeAll(writes), reads: reads.map((read) => this.#attempt(() => this.#read(read))) };
  }
  #writeAll(writes: readonly Write[]): readonly Result[] {
    if (this.#broken !== undefined) {
      const refusal = { trouble: 'broken', text: this.#broken } as const;
      return writes.map(() => refusal);
    }
    const before = [this.#revision, this.#compacted] as const;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const results = writes.map((write) => this.#write(write));
      if (this.#revision !== before[0]) this.#keep('revision', this.#revision);
      this.#database.exec('COMMIT');
      this.#checkpoint();
      return results;
    } catch (error) {
      [this.#revision, this.#compacted] = before;
      const failure = this.#failed(error);
      // One that has no room must not take others along.
      if (failure.trouble === 'full' && writes.length > 1) return writes.flatMap((write) => this.#writeAll([write]));
      return writes.map(() => failure);
    }
  }
  /** What SQLite could not do: with a disk that failed what was written may not be there, whatever a later sync says. */
  #failed(error: unknown): { readonly trouble: Trouble; readonly text: string } {
    const { errcode = 0, message } = error as { readonly errcode?: number; readonly message: string };
    const isFull = (errcode & 0xff) === FULL;
    if (!isFull) this.#broken = `the disk failed, and nothing is taken until the server has been started again: ${message}`;
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // It was rolled back by itself.
    }
    return isFull ? { trouble: 'full', text: 'the disk is full' } : { trouble: 'broken', text: this.#broken! };
  }
  #checkpoint(): void {
    if (++this.#batches % CHECKPOINT !== 0) return;
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // What is in the log was synced. Without room it waits there; a disk that failed is one.
      if (((error as { readonly errcode?: number }).errcode ?? 0) % 256 === IO_ERROR) this.#failed(error);
    }
  }
  #attempt(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      return { trouble: 'broken', text: (error as Error).message };
    }
  }

  #write(write: Write): Result {
    switch (write.what) {
      case 'transaction': return this.#transaction(write.transaction, write.grant);
      case 'grant':
        this.#grant(write);
        return { revision: this.#revision, done: true, found: [], events: [] };
      case 'revoke': return this.#revoke(write.ids);
    }
  }
  #grant({ id, seconds }: Granted): void {
    this.#sql('INSERT INTO leases VALUES(?, ?)').run(id, seconds);
  }
  #transaction({ if: comparisons, operations }: Omit<Transaction, 'grant'>, grant: Granted | undefined): Result {
    const found = comparisons.map(({ key, end }) => (end === undefined ? this.#get(key) : undefined));
    const holds = ({ key, end, revision }: Comparison, i: number): boolean =>
      (end === undefined ? (found[i]?.revision ?? 0n) === revision : !this.#isSince(key, end, revision));
    if (!comparisons.every(holds)) {
      return { revision: this.#revision, done: false, found: found.filter((pair) => pair !== undefined), events: [] };
    }
    if (grant !== undefined) this.#grant(grant);
    const unknown = operations.find((operation) => 'put' in operation && operation.lease !== 0n && !this.#hasLease(operation.lease));
    if (unknown !== undefined) return { trouble: 'lease', text: 'there is no such lease' };
    const events = this.#apply(operations);
    return { revision: this.#revision, done: true, found: [], events };
  }
  /** Does all of it at one revision; where nothing is changed there is none. */
  #apply(operations: readonly Operation[]): SentEvent[] {
    const revision = this.#revision + 1n;
    const events: SentEvent[] = [];
    for (const operation of operations) {
      if ('put' in operation) {
        const { put: key, value, lease } = operation;
        this.#remember(latin1Bytes(key), revision);
        this.#sql('INSERT OR REPLACE INTO pairs VALUES(?, ?, ?, ?)').run(latin1Bytes(key), value, revision, lease);
        events.push({ key, revision, pair: { key, value, revision, lease } });
      } else if (this.#delete(latin1Bytes(operation.delete), revision)) events.push({ key: operation.delete, revision, pair: undefined });
    }
    this.#note(revision, events);
    return events;
  }
  #revoke(ids: readonly bigint[]): Result {
    const revision = this.#revision + 1n;
    const events: SentEvent[] = [];
    let done = false;
    for (const id of ids) {
      if (this.#sql('DELETE FROM leases WHERE id = ?').run(id).changes) done = true;
      const keys = this.#sql('SELECT key FROM pairs WHERE lease = ? AND lease <> 0').all(id) as unknown as Pick<Row, 'key'>[];
      for (const { key } of keys) {
        this.#delete(key, revision);
        events.push({ key: text(key), revision, pair: undefined });
      }
    }
    this.#note(revision, events);
    return { revision: this.#revision, done, found: [], events };
  }
  #delete(key: Uint8Array, revision: bigint): boolean {
    this.#remember(key, revision);
    return Number(this.#sql('DELETE FROM pairs WHERE key = ?').run(key).changes) > 0;
  }
  /** Keeps what is at a key, which is until this revision. */
  #remember(key: Uint8Array, until: bigint): void {
    this.#sql('INSERT OR IGNORE INTO past SELECT key, ?, value, revision, lease FROM pairs WHERE key = ?').run(until, key);
  }
  #isSince(from: string, end: string, revision: bigint): boolean {
    return this.#sql('SELECT 1 FROM pairs WHERE key >= ? AND key < ? AND revision > ? LIMIT 1')
      .get(latin1Bytes(from), latin1Bytes(end), revision) !== undefined;
  }
  #note(revision: bigint, events: readonly SentEvent[]): void {
    if (events.length === 0) return;
    this.#revision = revision;
    const insert = this.#sql('INSERT INTO history VALUES(?, ?, ?, ?)');
    for (const { key, pair } of events) insert.run(revision, latin1Bytes(key), pair?.value ?? null, pair?.lease ?? 0n);
    if (revision - this.#compacted < HISTORY + SLACK) return;
    this.#compacted = revision - BigInt(HISTORY);
    this.#sql('DELETE FROM history WHERE revision < ?').run(this.#compacted);
    this.#sql('DELETE FROM past WHERE until <= ?').run(this.#compacted);
    this.#keep('compacted', this.#compacted);
  }

  #read(read: Read): Result {
    const answer = (found: readonly SentPair[], events: readonly SentEvent[] = []): Result =>
      ({ revision: this.#revision, done: true, found, events });
    if (read.what === 'get') return answer([this.#get(read.key)].filter((pair) => pair !== undefined));
    const ends = [latin1Bytes(read.from), latin1Bytes(read.end)] as const;
    if (read.what === 'list') {
      const rows = this.#sql('SELECT * FROM pairs WHERE key >= ? AND key < ? ORDER BY key').all(...ends) as unknown as Row[];
      return answer(rows.map(pairOf));
    }
    if (read.revision < this.#compacted) return { trouble: 'unavailable', text: COMPACTED };
    if (read.what === 'past') {
      const [first, last] = ends, at = read.revision;
      const rows = this.#sql(`SELECT key, value, revision, lease FROM pairs WHERE key >= ? AND key < ? AND revision <= ?
        UNION ALL SELECT key, value, revision, lease FROM past WHERE key >= ? AND key < ? AND revision <= ? AND until > ? ORDER BY key`)
        .all(first, last, at, first, last, at, at) as unknown as Row[];
      return answer(rows.map(pairOf));
    }
    const rows = this.#sql('SELECT * FROM history WHERE revision >= ? AND key >= ? AND key < ? ORDER BY revision, key')
      .all(read.revision, ...ends) as unknown as Row[];
    return answer([], rows.map(eventOf));
  }
  #get(key: string): SentPair | undefined {
    const row = this.#sql('SELECT * FROM pairs WHERE key = ?').get(latin1Bytes(key)) as unknown as Row | undefined;
    return row === undefined ? undefined : pairOf(row);
  }
  #hasLease(id: bigint): boolean {
    return this.#sql('SELECT 1 FROM leases WHERE id = ?').get(id) !== undefined;
  }
  #number(name: string): bigint {
    return (this.#sql('SELECT value FROM meta WHERE name = ?').get(name) as unknown as { readonly value: bigint }).value;
  }
  #keep(name: string, value: bigint): void {
    this.#sql('UPDATE meta SET value = ? WHERE name = ?').run(value, name);
  }
  #sql(source: string): Statement {
    let statement = this.#statements.get(source);
    if (statement === undefined) {
      this.#statements.set(source, statement = this.#database.prepare(source));
      statement.setReadBigInts(true);
    }
    return statement;
  }
}
