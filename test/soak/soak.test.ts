// A little of each long run. Knows that there are some; `npm run soak -- NAME` runs one in full.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak as connections } from './connections.ts';
import { soak as labels } from './labels.ts';
import { soak as quic } from './quic.ts';
import { soak } from './readings.ts';
import { needsQuic } from '../../src/testing/conformance/quic-client.ts';
import { fullDisk, noSmallDisk, soak as updates } from './updates.ts';

const linux = process.platform === 'linux' ? false : 'asks from addresses that only Linux has without being told';

test('no foreign byte while maps are swapped under threads that answer late', async () => {
  const { answers, read, foreign, swaps } = await soak(4000);
  assert.equal(foreign, 0, `${foreign} of ${read} entries were foreign, in ${answers} answers and ${swaps} swaps`);
  assert.ok(answers >= 4000 && swaps > 0);
});

test('no foreign label in the log while the cluster changes under threads that forward', { skip: linux }, async () => {
  const { lines, foreign, panics } = await labels(2000);
  assert.deepEqual([foreign, panics], [0, 0], `in ${lines} lines`);
  assert.ok(lines >= 2000);
});

test('what was acknowledged of a zone is there however often its server is killed, and a secondary has it', async () => {
  const { missing, back, kills, ...found } = await updates(400);
  assert.deepEqual([missing, back], [0, 0], `in ${found.updates} updates and ${kills} kills`);
  assert.ok(kills >= 3);
});

const disk = linux === false ? noSmallDisk() : linux;
test('a full disk takes nothing that was acknowledged, and updates go on when there is room', { skip: disk }, async () => {
  const { missing, back, updates: taken, refused } = await fullDisk();
  assert.deepEqual([missing, back], [0, 0], `in ${taken} updates`);
  assert.ok(refused > 5 && taken > 100, `${refused} refused, ${taken} taken`);
});

test('of thousands that come and go, a third in the middle of a handshake, nothing is left, and who comes then is answered', {
  skip: linux,
}, async () => {
  const { unanswered, files, grown, abandoned } = await connections(5000);
  assert.deepEqual([unanswered, files], [0, 0], 'answers that did not come, files that are still open');
  assert.ok(abandoned >= 1600 && grown < 64, `${abandoned} abandoned, ${grown} MB more`);
});

test('of those that come and go over QUIC, many in the middle of what they began, nothing is left, and who comes then is answered',
  needsQuic, async () => {
    const { unanswered, left, files, panics, abandoned, answers, grown } = await quic(800);
    assert.deepEqual([unanswered, left, files, panics], [0, 0, 0, 0], 'without an answer, still open, files, panics');
    assert.ok(abandoned >= 290 && answers >= 490 && grown < 64, `${abandoned} abandoned, ${answers} answers, ${grown} MB more`);
  });
