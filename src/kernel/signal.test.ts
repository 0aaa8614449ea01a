// An end that takes little is as a signal is: called once, and not by who comes too late.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ending } from './signal.ts';
import type { End } from './signal.ts';

for (const isSmall of [false, true]) {
  test(`${isSmall ? 'an ending' : 'a signal'}: who listens hears of it once`, () => {
    const controller = new AbortController();
    const ending = new Ending();
    const end: End = isSmall ? ending : controller.signal;
    const heard: string[] = [];
    for (const each of ['one', 'other']) end.addEventListener('abort', () => heard.push(each), { once: true });
    assert.equal(end.aborted, false);
    for (let i = 0; i < 2; i++) (isSmall ? ending : controller).abort();
    end.addEventListener('abort', () => heard.push('late'), { once: true });
    assert.equal(end.aborted, true);
    assert.deepEqual(heard, ['one', 'other']);
  });
}
