// What a look at a folder finds: links, versions of volumes, folders that become others meanwhile.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FileNames } from './config.ts';
import { inOneFolder, scan } from './folder.ts';

const names = new FileNames('db\\.(.*)', '{1}');

function folderOf(t: TestContext): (...files: readonly string[]) => string {
  const folder = mkdtempSync(join(tmpdir(), 'auto-folder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return (...files) => {
    for (const file of files) {
      mkdirSync(join(folder, file, '..'), { recursive: true });
      writeFileSync(join(folder, file), '');
    }
    return folder;
  };
}
/** Zones with their files, below the folder. */
async function found(folder: string, from = names): Promise<string[] | undefined> {
  const result = await scan(folder, from);
  return result === undefined ? undefined : [...result.zones.values()].map(({ zone, path }) => `${zone.text} ${relative(folder, path)}`);
}

test('names of files are zones in lower case, the first of two counts, and what is no name is said', async (t) => {
  const folder = folderOf(t)('db.b.test', 'db.A.test', 'sub/db.c.test', 'sub/db.b.test', 'x.db.d.test', 'readme', 'db.e..test');
  assert.deepEqual(await found(folder), ['a.test. db.A.test', 'b.test. db.b.test', 'c.test. sub/db.c.test', 'd.test. x.db.d.test']);
  const { complaints = [] } = (await scan(folder, names)) ?? {};
  assert.deepEqual(complaints.map((text) => text.replaceAll(`${folder}/`, '')), [
    '"e..test" of db.e..test is no zone', 'Multiple zone files match origin b.test.: db.b.test is taken, sub/db.b.test is not',
  ]);
});

test('a look that knows the one before finds the same as one that does not', async (t) => {
  const make = folderOf(t);
  const folder = make('db.b.test', 'db.a.test', 'sub/db.b.test', 'db.e..test', 'readme');
  symlinkSync('db.a.test', join(folder, 'db.link.test'));
  const before = await scan(folder, names);
  const again = await scan(folder, names, undefined, before);
  assert.deepEqual(again, await scan(folder, names));
  assert.equal(again?.zones.get('\x01b\x04test\0'), before?.zones.get('\x01b\x04test\0'), 'its name was not read again');
  rmSync(join(folder, 'db.b.test'));
  rmSync(join(folder, 'db.a.test'));
  make('db.c.test');
  const last = await scan(folder, names, undefined, again);
  assert.deepEqual([...last!.zones.values()].map(({ path }) => relative(folder, path)), ['db.c.test', 'sub/db.b.test']);
  assert.equal(last?.complaints.length, 1);
});

test('the files of a mounted volume are links into a folder that is not looked at itself', async (t) => {
  const make = folderOf(t);
  const folder = make('..2026_01/db.a.test', '..2026_01/db.b.test');
  symlinkSync('..2026_01', join(folder, '..data'));
  for (const name of ['db.a.test', 'db.b.test']) symlinkSync(`..data/${name}`, join(folder, name));
  symlinkSync('nowhere', join(folder, 'db.dangling.test'));
  symlinkSync('..', join(folder, 'db.loop.test'));
  assert.deepEqual(await found(folder), ['a.test. db.a.test', 'b.test. db.b.test']);
});

test('a folder that is a link is looked at where it leads, and its zones keep their paths', async (t) => {
  const folder = folderOf(t)('one/db.a.test', 'two/db.a.test', 'two/db.b.test');
  symlinkSync('one', join(folder, 'current'));
  assert.deepEqual(await found(join(folder, 'current')), ['a.test. db.a.test']);
  symlinkSync('two', join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'current'));
  assert.deepEqual(await found(join(folder, 'current')), ['a.test. db.a.test', 'b.test. db.b.test']);
});

test('a folder that becomes another during a look is looked at again: nothing of the one before is found', async (t) => {
  const folder = folderOf(t)('one/db.a.test', 'two/db.b.test');
  const current = join(folder, 'current');
  symlinkSync('one', current);
  let left = 1;
  const moving = new FileNames('db\\.(.*)', '{1}');
  const zoneOf = moving.zoneOf.bind(moving);
  moving.zoneOf = (file) => {
    if (left-- > 0) {
      symlinkSync('two', join(folder, 'next'));
      renameSync(join(folder, 'next'), current);
    }
    return zoneOf(file);
  };
  assert.deepEqual(await found(current, moving), ['b.test. db.b.test']);
});

test('what is done with the files of a folder is done again where it became another meanwhile, and not for ever', async (t) => {
  const folder = folderOf(t)('0/db.a.test', '1/db.a.test');
  const current = join(folder, 'current');
  symlinkSync('0', current);
  for (const [moves, done] of [[0, 1], [1, 2], [3, 4], [100, 5]] as const) {
    let times = 0;
    await inOneFolder(current, async () => {
      if (times++ >= moves) return;
      symlinkSync(String(times % 2), join(folder, 'next'));
      renameSync(join(folder, 'next'), current);
    });
    assert.equal(times, done, `${moves} moves`);
    rmSync(current);
    symlinkSync('0', current);
  }
});

test('a folder that is missing, or a file, is none', async (t) => {
  const folder = folderOf(t)('file');
  assert.equal(await found(join(folder, 'nowhere')), undefined);
  assert.equal(await found(join(folder, 'file')), undefined);
});

test('templates: numbers, names, braces of Go', () => {
  assert.equal(new FileNames('^(\\w+)-(\\w+)$', '{2}.{1}').zoneOf('test-swap'), 'swap.test');
  assert.equal(new FileNames('(?P<zone>.*)\\.zone$', '{zone}.').zoneOf('a.test.zone'), 'a.test.');
  assert.equal(new FileNames('(.*)', '$1.x{9}').zoneOf('a'), 'a.x');
  assert.equal(new FileNames('db\\.(.*)', '{1}').zoneOf('readme'), undefined);
});
