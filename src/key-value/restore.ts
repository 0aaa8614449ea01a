// A folder of keys made of a backup: there whole, or not at all. Knows the file of a folder; knows no server.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Backup } from './backup.ts';
import { FileState } from './file-state.ts';

/** By so much is it ahead of the revision of the backup: what was told after that means nothing else afterwards. */
const AHEAD = 1_000_000n;

/** Makes the folder. Throws Error where something is in it already. */
export function restore(folder: string, { revision, leases, pairs }: Backup): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [there] = readdirSync(folder);
  if (there !== undefined) throw new Error(`${folder} is not empty: ${there} is there. A backup is restored into a folder of its own`);
  const made = path.join(folder, 'registry.db.new');
  try {
    let database = new DatabaseSync(made);
    new FileState(database).close();
    database = new DatabaseSync(made);
    database.exec(`UPDATE meta SET value = ${revision + AHEAD} WHERE name IN ('revision', 'compacted')`);
    const state = new FileState(database);
    const { writes } = state.run({
      writes: [
        ...[...leases].map(([id, seconds]) => ({ what: 'grant', id, seconds }) as const),
        { what: 'transaction', transaction: { if: [], operations: pairs.map(({ key, value, lease }) => ({ put: key, value, lease })) } },
      ],
      reads: [],
    });
    state.close();
    const failure = writes.find((write) => 'trouble' in write);
    if (failure !== undefined) throw new Error((failure as { readonly text: string }).text);
    renameSync(made, path.join(folder, 'registry.db'));
  } catch (error) {
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
    throw error;
  }
}
