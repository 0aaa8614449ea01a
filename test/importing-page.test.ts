// docs/importing.md: each configuration on it is imported by the command under it, and what is printed is the Corefile that the page shows.
// Knows the page and the program's output.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { IMPORTERS } from '../src/importers/importers.ts';
import { read } from './gates/checkout.ts';
import { filesIn } from './gates/page.ts';
import { checked, imported } from './servers/imports.ts';

const page = read('docs/importing.md');
const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-importing-'));
after(() => rmSync(folder, { recursive: true, force: true }));
for (const [file, text] of filesIn(page)) {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

// The database of Pi-hole is made by the script on the page.
const database = new DatabaseSync(path.join(folder, 'gravity.db'));
database.exec(filesIn(page).get('gravity.sql')!);
database.close();

/** Commands with the Corefile that stands behind each. */
const shown = [...page.matchAll(/^ {4}coredns-ts import (\S+) (\S+)\n\n``` corefile\n([\s\S]*?)^```$/gm)];

for (const [, kind = '', file = '', corefile = ''] of shown) {
  test(`${kind}: ${file}`, () => {
    const { status, stdout, stderr } = imported(kind, path.join(folder, file));
    assert.equal(status, 0, stderr);
    assert.equal(stdout.replaceAll(`${folder}/`, '').replaceAll(`${process.cwd()}/`, ''), corefile);
    const out = path.join(folder, `out-${kind}`);
    assert.equal(imported(kind, path.join(folder, file), '-o', out).status, 0);
    checked(out);
  });
}
test('each importer has an example', () => {
  assert.deepEqual([...new Set(shown.map(([, kind]) => kind))].sort(), Object.keys(IMPORTERS).sort());
});
