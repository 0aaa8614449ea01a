// Whom an author asks, and what comes of it: over UDP, over TCP what is too long, and an error where nobody is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { rr } from '../dns/rr.ts';
import { A } from '../dns/types.ts';
import { runScenario } from '../testing/author-scenario.ts';
import { FakeUpstream } from '../testing/fake-upstream.ts';
import { Asker, readPeer } from './asker.ts';
import { definePlugin } from './plugin.ts';

test('addresses with and without a port', () => {
  assert.deepEqual(readPeer('192.0.2.53'), { address: '192.0.2.53', port: 53 });
  assert.deepEqual(readPeer('2001:db8::53'), { address: '2001:db8::53', port: 53 });
  assert.deepEqual(readPeer('[2001:db8::53]:5353'), { address: '2001:db8::53', port: 5353 });
  for (const wrong of ['', 'ns.example', 'ns.example:53', '192.0.2.53:', '192.0.2.53:0', '192.0.2.53:65536', '192.0.2.53:5x']) {
    assert.throws(() => readPeer(wrong), Error, wrong);
  }
});

test('a reply, a long one over TCP, and nobody there', async () => {
  const upstream = new FakeUpstream();
  await upstream.up();
  const name = Name.parse('www.example.org.');
  const addresses = Array.from({ length: 60 }, (_, i) => rr(name, A, 60, { address: `192.0.2.${i}` }));
  upstream.script('www.example.org. A', { answer: addresses });
  const said: unknown[] = [];
  const asks = definePlugin({
    name: 'asks',
    parse: ([line]) => line.bare(),
    create: () => ({
      async started(run) {
        const asker = new Asker(run, { address: '127.0.0.1', port: upstream.port });
        said.push((await asker.ask(name, A.type)).answer.length, (await asker.ask(Name.root, A.type)).rcode);
        await upstream.down();
        said.push(await asker.ask(name, A.type).catch((error: Error & { code?: string }) => error.code));
      },
      handle: (query) => query.reply(),
    }),
  });
  await runScenario('. {\n    asks\n}\n----\nask a.example A\n    NOERROR\n', { plugins: [asks] });
  assert.deepEqual(said, [60, 3, 'ECONNREFUSED']);
  assert.deepEqual(upstream.asked.map(({ tcp }) => tcp), [false, true, false]);
});
