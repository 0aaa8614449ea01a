// *etcd* beside three members of a real one, whose leader is killed under changes: nothing that was acknowledged is missing, and no
// question goes without an answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askOnce } from '../../testing/one-question.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { askMember, isMissing, leaderOf, threeEtcds } from '../../key-value/etcd-rig.test.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('the leader of three is killed under changes: nothing is missing, and every question is answered', { skip: isMissing }, async (t) => {
  const members = await threeEtcds(t);
  const put = async (n: number): Promise<void> => {
    const body = { key: base64(`/skydns/test/sky/n/${n}`), value: base64(JSON.stringify({ host: `192.0.2.${n}` })) };
    for (let i = 0; ; i++) {
      if (await askMember(members[i % 3]!.url, 'kv/put', body) !== undefined) return;
      assert.ok(i < 600, 'nobody takes it');
      await pause(50);
    }
  };
  await put(1);
  const ours = await serve(`sky.test {\nbind 127.0.0.1\netcd {\nendpoint ${members.map(({ url }) => url).join(' ')}\n}\n}`, standard);
  t.after(() => ours.close());
  await eventually(() => ours.log().includes('etcd is followed'), 'it is followed');
  const leader = await leaderOf(members);
  let answered = 0, isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const { rcode } = await askOnce(ours.port, 'n.sky.test', 'A');
      assert.equal(rcode, 'NOERROR');
      answered++;
      await pause(20);
    }
  })();
  for (let n = 2; n <= 40; n++) {
    if (n === 20) leader.child.kill('SIGKILL');
    await put(n);
  }
  let found = 0;
  for (let i = 0; i < 1500 && found < 40; i++) {
    found = (await askOnce(ours.port, 'n.sky.test', 'A')).answer.length;
    await pause(20);
  }
  isOver = true;
  await asking;
  assert.equal(found, 40);
  assert.ok(answered > 0);
});
