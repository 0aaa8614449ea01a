// Which zones of a folder stay open, from look to look.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { OpenZone } from '../../authority/zone/open-zone.ts';
import { Name } from '../../dns/name.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { KeptZones } from './kept-zones.ts';

/** Keeps zones that are opened by saying so; what is said, and which are open. */
function keeper(t: TestContext, { prune = false, broken = new Set<string>() } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'auto-kept-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const said: string[] = [];
  const open = new Map<string, string>();
  const tell = (text: string): void => void said.push(text.replaceAll(`${folder}/`, ''));
  const log = { prefix: () => ({ info: tell, warning: tell }) };
  const run = { log, signal: new AbortController().signal } as unknown as Run;
  const options = { prune, counted: false, iterations: undefined, journal: undefined, site: { all: () => [] }, changed: () => {} };
  const kept = new KeptZones(run, options, async ({ zone, path }, signal) => {
    if (broken.has(zone.text)) throw new Error(`plugin/auto: ${zone.text} is broken`);
    open.set(zone.text, path);
    signal.addEventListener('abort', () => void (open.get(zone.text) === path && open.delete(zone.text)));
    return { isLoaded: true, trouble: undefined, listen: () => () => {} } as unknown as OpenZone;
  });
  const look = async (zones: readonly string[], where = ''): Promise<string[]> => {
    const found = zones.map((text) => ({ zone: Name.parse(text), path: join(folder, `${where}db.${text}`) }));
    const others = await kept.take({ zones: new Map(found.map((one) => [one.zone.key, one])), complaints: [] });
    return others.map(({ text }) => text);
  };
  return { folder, said, open, broken, kept, look };
}
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `z${i}.test.`);

test('a zone goes when two looks missed it, and not when one did', async (t) => {
  const { look, open, said } = keeper(t);
  assert.deepEqual(await look(['a.test.', 'b.test.']), ['a.test.', 'b.test.']);
  assert.deepEqual(await look(['a.test.']), []);
  assert.deepEqual(await look(['a.test.', 'b.test.']), []);
  assert.deepEqual(await look(['a.test.']), []);
  assert.deepEqual(await look(['a.test.']), ['b.test.']);
  assert.deepEqual([...open.keys()], ['a.test.']);
  assert.equal(said.at(-1), "Deleting zone `b.test.'");
});

test('more than ten that are more than half never go at once, unless that is said', async (t) => {
  for (const prune of [false, true]) {
    const { look, open, said } = keeper(t, { prune });
    await look(many(20));
    for (let i = 0; i < 4; i++) await look(many(9));
    assert.equal(open.size, prune ? 9 : 20);
    assert.equal(said.filter((text) => text.startsWith('11 of 20 zones have no file any more')).length, prune ? 0 : 1);
    await look(many(10));
    await look(many(10));
    assert.equal(open.size, 10, 'ten may');
  }
});

test('a broken file is tried again when it is another, and told once', async (t) => {
  const { look, open, said, broken, folder, kept } = keeper(t, { broken: new Set(['a.test.']) });
  writeFileSync(join(folder, 'db.a.test.'), 'one');
  for (let i = 0; i < 3; i++) assert.deepEqual(await look(['a.test.']), []);
  assert.deepEqual(said, ["Parse zone `a.test.': a.test. is broken"]);
  assert.deepEqual(kept.troubles, ['zone a.test.: a.test. is broken']);
  broken.clear();
  assert.deepEqual(await look(['a.test.']), [], 'it is as it was');
  writeFileSync(join(folder, 'db.a.test.'), 'another');
  assert.deepEqual(await look(['a.test.']), ['a.test.']);
  assert.deepEqual([[...open.keys()], kept.troubles], [['a.test.'], []]);
});

test('a zone whose file is another one is opened there before it is closed here', async (t) => {
  const { look, open, folder } = keeper(t);
  await look(['a.test.']);
  assert.deepEqual(await look(['a.test.'], 'sub-'), ['a.test.']);
  assert.deepEqual([...open.values()], [join(folder, 'sub-db.a.test.')]);
});

test('all are closed at the end', async (t) => {
  const { look, open, kept } = keeper(t);
  await look(many(3));
  kept.close();
  assert.equal(open.size, 0);
});
