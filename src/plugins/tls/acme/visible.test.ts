// `resolver` of ACME: a resolver that sees a proof late, sees another one, or never answers, and what is done until it does. Knows a socket
// and a clock that is over with each pause at once.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage } from '../../../dns/message.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { scene, started } from '../../../testing/acme-scene.ts';
import { isVisible } from './visible.ts';

/** A resolver that gives these texts, one after the other and the last one for ever; undefined is no answer at all. */
async function resolver(t: TestContext, texts: readonly (readonly string[] | undefined)[], asked = (_name: string): void => {}) {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  let count = 0;
  socket.on('message', (question, { port }) => {
    asked(String(decodeMessage(question).question!.name));
    const found = texts[Math.min(count++, texts.length - 1)];
    if (found === undefined) return;
    const end = question.indexOf(0, 12) + 5;
    const records = found.map((text) => {
      const data = Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
      return Buffer.concat([Buffer.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length), data]);
    });
    const reply = Buffer.concat([question.subarray(0, end), ...records]);
    reply.writeUInt16BE(0x8180, 2);
    [1, records.length, 0, 0].forEach((value, i) => reply.writeUInt16BE(value, 4 + 2 * i));
    socket.send(reply, port, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { at: `127.0.0.1:${socket.address().port}`, count: () => count };
}
/** Time that goes on when somebody waits for it. */
function eager(): Clock {
  let now = 0;
  return {
    monotonic: () => now, wall: () => now,
    after(milliseconds, call) {
      const timer = setImmediate(() => {
        now += milliseconds;
        call();
      });
      return () => clearImmediate(timer);
    },
  };
}
const never = new AbortController().signal;

test('a proof is seen once the resolver gives it, whatever stands beside it', async (t) => {
  const late = await resolver(t, [[], ['another'], ['another', 'the proof']]);
  assert.equal(await isVisible(late.at, '_acme-challenge.a.test', 'the proof', eager(), never), true);
  // An answer that came too late for a busy machine is asked for again.
  assert.ok(late.count() >= 3);
});
test('a resolver that does not see it is asked for two minutes, each two seconds', async (t) => {
  const blind = await resolver(t, [['another']]);
  assert.equal(await isVisible(blind.at, '_acme-challenge.a.test', 'the proof', eager(), never), false);
  assert.equal(blind.count(), 60);
});
test('a host name is looked up', async (t) => {
  const seeing = await resolver(t, [['the proof']]);
  assert.equal(await isVisible(seeing.at.replace('127.0.0.1', 'localhost'), 'a.test', 'the proof', eager(), never), true);
});
test('the ACME server is told to look when the resolver was asked, and told all the same where that sees nothing', async (t) => {
  const all = await scene(t);
  const before: string[] = [];
  const blind = await resolver(t, [[]], (name) => {
    if (all.acme.count('challenge') === 0) before.push(name);
  });
  const server = await started(t, all, { more: `resolver ${blind.at}` });
  await server.says(/is served with from now on/);
  assert.ok(before.length > 0 && before.every((name) => name.replace(/\.$/, '') === '_acme-challenge.a.test'), before.join());
  const warned = `WARNING.*${blind.at} does not see the proof at _acme-challenge\\.a\\.test\\.?: the ACME server may not`;
  assert.match(server.log(), new RegExp(warned));
});
