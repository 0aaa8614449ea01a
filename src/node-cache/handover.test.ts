// One process takes the place of another over a socket: who writes when, what is known of the other, and who is not listened to.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock } from '../testing/fake-clock.ts';
import { HandoverSocket, askForPlace } from './handover.ts';

function scene(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-handover-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'socket');
  const process = (name: string) => {
    const told: string[] = [];
    const state = { told, failed: undefined as AbortSignal | undefined };
    const socket = new HandoverSocket(path, {
      log: (text) => told.push(text),
      write: async (failed) => {
        state.failed = failed;
        told.push(`${name} writes`);
      },
    });
    t.after(() => socket.close());
    return Object.assign(state, { socket });
  };
  return { path, process, clock: new FakeClock() };
}
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('the next one waits until all is written, and each knows of the other', async (t) => {
  const { path, process, clock } = scene(t);
  assert.equal(await askForPlace(path, clock), undefined);
  const one = process('one'), two = process('two');
  await one.socket.open();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const before = (await askForPlace(path, clock))!;
  assert.equal(one.told.at(-1), 'one writes');
  assert.equal(one.socket.hasNext, true);
  await two.socket.open();
  before.taken();
  // The file is the second one's: it stays where the first ends.
  one.socket.close();
  assert.ok(existsSync(path));
  const after = (await askForPlace(path, clock))!;
  assert.equal(two.told.at(-1), 'two writes');
  after.close();
  before.close();
  two.socket.close();
  assert.equal(existsSync(path), false);
});
test('where the next one dies all is as it was, and another one can come', async (t) => {
  const { path, process, clock } = scene(t);
  const one = process('one');
  await one.socket.open();
  const before = (await askForPlace(path, clock))!;
  const { failed } = one;
  rmSync(path);
  before.close();
  await until(() => failed!.aborted && existsSync(path));
  assert.match(one.told.at(-1)!, /was about to take the place of this one has ended/);
  assert.equal(one.socket.hasNext, false);
  const again = (await askForPlace(path, clock))!;
  assert.notEqual(one.failed, failed);
  again.close();
});
test('nobody else is listened to, one at a time has the place, and who says nothing is not waited for', async (t) => {
  const { path, process, clock } = scene(t);
  const one = process('one');
  await one.socket.open();
  for (const words of ['hello\n', 'here\n', 'x'.repeat(100)]) {
    const socket = connect(path);
    socket.write(words);
    await once(socket, 'close');
  }
  assert.deepEqual(one.told, []);
  const held = (await askForPlace(path, clock))!;
  // A second one at the same time gets no place.
  assert.equal(await askForPlace(path, clock), undefined);
  held.close();
  rmSync(path);
  const mute = createServer(() => {}).listen(path);
  await once(mute, 'listening');
  t.after(() => mute.close());
  const asked = askForPlace(path, clock);
  await once(mute, 'connection');
  await clock.elapse(5000);
  (await asked)!.close();
});
