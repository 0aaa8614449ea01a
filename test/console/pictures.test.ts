// The page looks as the pictures in docs/console show it: of the same size, dark where it is to be, and alike within a tolerance, since
// what is shown differs each time, and so do a machine's letters.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../gates/checkout.ts';
import { noChromium } from './chromium.ts';
import { PICTURES, pictures } from './pictures.ts';
import { brightness, readPng } from './png.ts';

/** Places a side, and how much a place may differ, at most and in the middle of all, of 255. */
const PLACES = 12, MOST = 60, USUAL = 10;

test('the page looks as its pictures do', { skip: noChromium }, async (t) => {
  const taken = await pictures(t);
  for (const { name, scheme, width, height } of PICTURES) {
    const [now, kept] = [taken.get(name)!, readFileSync(join(root, 'docs/console', `console-${name}.png`))].map(readPng);
    assert.deepEqual([now!.width, now!.height, kept!.width, kept!.height], [width, height, width, height], name);
    const [one, other] = [brightness(now!, PLACES), brightness(kept!, PLACES)];
    const middle = one.reduce((sum, each) => sum + each, 0) / one.length;
    assert.ok(scheme === 'dark' ? middle < 60 : middle > 200, `${name} is ${middle} bright`);
    const differences = one.map((each, i) => Math.abs(each - other[i]!));
    assert.ok(Math.max(...differences) < MOST, `${name}: a place differs by ${Math.max(...differences)}`);
    const usual = differences.reduce((sum, each) => sum + each, 0) / differences.length;
    assert.ok(usual < USUAL, `${name} differs by ${usual}`);
  }
});
