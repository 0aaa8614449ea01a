// Two servers in one process: each has its own configuration, cache, counters, log and clock. Knows servers from outside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standard } from '../src/plugins/index.ts';
import { InProcess } from '../src/testing/in-process.ts';
import { parseAsk } from '../src/testing/question.ts';

const corefile = (address: string) => `. {
    log
    prometheus 127.0.0.1:0
    cache 60
    template IN A {
        answer "{{ .Name }} 60 IN A ${address}"
    }
}
`;
const NO_LABELS = new Map<string, string>();

test('what one does, the other does not see', async (t) => {
  const [one, other] = [new InProcess(standard), new InProcess(standard)];
  t.after(() => one.close());
  assert.equal(await one.start(corefile('192.0.2.1')), undefined);
  assert.equal(await other.start(corefile('192.0.2.2')), undefined);
  const answer = async (server: InProcess) => {
    const [reply] = await server.ask(parseAsk('www.example.org A'));
    const [record] = reply!.answer;
    return [record!.rdata.at(-1), record!.ttl];
  };
  const count = (server: InProcess, name: string) => server.metric(name, NO_LABELS);

  assert.deepEqual(await answer(one), [1, 60]);
  assert.equal(await count(one, 'coredns_dns_requests_total'), 1);
  assert.equal(await count(other, 'coredns_dns_requests_total') ?? 0, 0);
  assert.deepEqual(await answer(other), [2, 60]);

  await one.elapse(10_000);
  assert.deepEqual(await answer(one), [1, 50]);
  assert.deepEqual(await answer(other), [2, 60]);
  assert.equal(await count(one, 'coredns_cache_hits_total'), 1);
  assert.equal(one.log().filter((line) => line.includes('www.example.org')).length, 2);

  other.rewrite(corefile('192.0.2.3'));
  assert.equal(await other.reload(), undefined);
  assert.ok(other.log().some((line) => line.includes('Reloading complete')));
  assert.ok(!one.log().some((line) => line.includes('Reloading')));
  await other.elapse(61_000);
  assert.deepEqual(await answer(other), [3, 60]);
  assert.deepEqual(await answer(one), [1, 50]);

  await other.close();
  assert.deepEqual(await answer(one), [1, 50]);
});
