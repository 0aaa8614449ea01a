// The recipes: `check --strict` finds nothing in their Corefiles, and what the page says to try comes out as it says. Knows the page's form
// and the command line.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { MAIN } from '../src/testing/spawned.ts';
import { read } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'recipes-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** What a command line of the page prints, and its status. */
const run = (folder: string, line: string): Promise<{ status: number; said: string }> => new Promise((resolve) => {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
  execFile(process.execPath, [MAIN, ...words], { cwd: folder }, (error, out, complaint) => {
    resolve({ status: error === null ? 0 : Number(error.code), said: `${out}${complaint}` });
  });
});
const recipes = read('docs/recipes.md').split(/^## /m).slice(1);

test('there are recipes', () => assert.equal(recipes.length, 4));

for (const recipe of recipes) {
  const title = recipe.slice(0, recipe.indexOf('\n'));
  test(title, async () => {
    const folder = mkdtempSync(path.join(scratch, 'recipe-'));
    for (const [, kind, name = '', text = ''] of recipe.matchAll(/^```(corefile|txt) (\S+)\n([\s\S]*?)^```$/gm)) {
      writeFileSync(path.join(folder, kind === 'corefile' ? 'Corefile' : name), text);
    }
    assert.deepEqual(await run(folder, 'check --strict Corefile'), { status: 0, said: 'Corefile: no problems\n' });
    const tries = [...recipe.matchAll(/^coredns-ts (explain [^#\n]*?) *(?:# (.*))?$/gm)];
    assert.notEqual(tries.length, 0);
    for (const [, line = '', comment] of tries) {
      const { status, said } = await run(folder, line);
      if (comment === undefined) assert.equal(status, 0, `${line}\n${said}`);
      else assert.ok(said.includes(comment), `${line}\n${said}`);
    }
  });
}
