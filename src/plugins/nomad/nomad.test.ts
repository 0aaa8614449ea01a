// Services of a Nomad cluster whose API says what the test says: watched by blocking queries, of any index, and gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import { ScriptedApi } from '../../testing/scripted-api.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';

const registered = (...addresses: readonly string[]) =>
  JSON.stringify(addresses.map((Address, i) => ({ ServiceName: 'web', Address, Port: 8080 + i, Tags: i === 0 ? ['Prod'] : [] })));
/** An API with an index: a question that waits is answered once the index is another than it says. */
class Indexed {
  index = 7;
  addresses = ['192.0.2.1'];
  fails = false;
  readonly api = new ScriptedApi((url) => {
    if (url.pathname === '/v1/agent/self') return { body: '{}' };
    if (this.fails) return { status: 500, body: 'no leader' };
    if (url.searchParams.get('index') === String(this.index)) return 'held';
    return { headers: { 'X-Nomad-Index': String(this.index) }, body: registered(...this.addresses) };
  });
}
const asA = async (port: number, name = 'web.default.service.nomad') =>
  (await askOnce(port, name, 'A')).answer.map((each) => each.split(' ').at(-1));

test('a service is asked for once, then watched: what changed is answered at once, and nothing is asked meanwhile', async (t) => {
  const nomad = new Indexed();
  await nomad.api.open(t);
  const ours = await serve(`service.nomad {\nbind 127.0.0.1\nnomad {\naddress ${nomad.api.url}\n}\ncache\n}`, standard);
  t.after(() => ours.close());
  assert.deepEqual(await asA(ours.port), ['192.0.2.1']);
  await eventually(() => nomad.api.held === 1, 'it waits for the index to change');
  assert.deepEqual(await asA(ours.port, 'WEB.default.service.nomad'), ['192.0.2.1']);
  assert.deepEqual((await askOnce(ours.port, 'web.default.service.nomad', 'AAAA')).answer, []);
  assert.equal(nomad.api.asked.filter((each) => each.includes('/web')).length, 2);
  assert.match(nomad.api.asked.at(-1)!, /^GET \/v1\/service\/web\?index=7&namespace=default&wait=\d+s$/);

  nomad.addresses = ['192.0.2.2'];
  nomad.index = 8;
  nomad.api.release();
  await eventually(() => nomad.api.held === 1, 'it waits for the next index');
  // The cache in the same block has the answer of before, and does not give it.
  assert.deepEqual(await asA(ours.port), ['192.0.2.2']);
});

test('an index that falls is begun with anew; an API that fails leaves what is known, and says so', async (t) => {
  const nomad = new Indexed();
  await nomad.api.open(t);
  const clock = new FakeClock();
  const [ready, metrics] = [await freePort(), await freePort()];
  const block = `bind 127.0.0.1\nready 127.0.0.1:${ready}\nprometheus 127.0.0.1:${metrics}`;
  const ours = await serve(`service.nomad {\n${block}\nnomad {\naddress ${nomad.api.url}\n}\n}`, standard, clock);
  t.after(() => ours.close());
  const shown = async (port: number, path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const lag = async (): Promise<number> => {
    await clock.elapse(1000);
    const text = await shown(metrics, '/metrics');
    return Number(/^coredns_source_lag_seconds\{plugin="nomad",source="service\.nomad\."\} (\S+)$/m.exec(text)?.[1]);
  };
  const waits = async () => {
    for (let i = 0; i < 200 && nomad.api.held === 0; i++) await clock.elapse(100);
    assert.equal(nomad.api.held, 1, 'it waits');
  };
  assert.deepEqual(await asA(ours.port), ['192.0.2.1']);
  await waits();
  nomad.index = 3;
  nomad.addresses = ['192.0.2.3'];
  const before = nomad.api.asked.length;
  nomad.api.release();
  await waits();
  assert.deepEqual(nomad.api.asked.slice(before).map((each) => /index=\d+/.exec(each)?.[0]), [undefined, 'index=3']);
  assert.deepEqual(await asA(ours.port), ['192.0.2.3']);

  nomad.fails = true;
  nomad.api.release();
  await eventually(() => nomad.api.held === 0, 'it was answered');
  let reply = await askOnce(ours.port, 'web.default.service.nomad', 'A');
  for (let i = 0; i < 200 && reply.ede === undefined; i++) {
    await clock.elapse(10);
    reply = await askOnce(ours.port, 'web.default.service.nomad', 'A');
  }
  assert.deepEqual([reply.answer[0]?.split(' ').at(-1), reply.ede], ['192.0.2.3', 3]);
  assert.match(ours.log(), /plugin\/nomad: the cluster of service\.nomad\. does not answer: Nomad answered 500 \(no leader\)/);
  const remark = /the Nomad cluster of service\.nomad\. does not answer since 2026-01-01T\S+: Nomad answered 500/;
  assert.match(await shown(ready, '/ready'), remark);
  const [one, two] = [await lag(), await lag()];
  assert.ok(one > 0 && two > one, `${one} ${two}`);
  nomad.fails = false;
  nomad.addresses = ['192.0.2.4'];
  nomad.index = 4;
  await waits();
  assert.deepEqual(await asA(ours.port), ['192.0.2.4']);
  assert.equal(await shown(ready, '/ready'), 'OK');
  assert.equal(await lag(), 0);
});

test('nobody asked for ten minutes: it is not watched any more', async (t) => {
  const nomad = new Indexed();
  await nomad.api.open(t);
  const clock = new FakeClock();
  const ours = await serve(`service.nomad {\nbind 127.0.0.1\nnomad {\naddress ${nomad.api.url}\n}\n}`, standard, clock);
  t.after(() => ours.close());
  await asA(ours.port);
  for (let i = 0; i < 5; i++) {
    for (let n = 0; n < 200 && nomad.api.held === 0; n++) await clock.elapse(100);
    await clock.elapse(240_000 - 20_000);
    nomad.index++;
    nomad.api.release();
    await eventually(() => nomad.api.held === 0, 'it was answered');
  }
  const asked = nomad.api.asked.length;
  await clock.elapse(600_000);
  assert.deepEqual([nomad.api.asked.length - asked, nomad.api.held], [0, 0]);
  assert.deepEqual(await asA(ours.port), ['192.0.2.1']);
});

test('tags choose instances where the line says so; a server that is down is passed over', async (t) => {
  const dead = await new ScriptedApi(() => 'cut').open(t);
  const api = await new ScriptedApi(() => ({ body: registered('192.0.2.1', '192.0.2.2', 'host.test') })).open(t);
  const ours = await serve(`service.nomad {\nbind 127.0.0.1\nnomad {\naddress ${dead.url} ${api.url}\ntags\n}\n}`, standard);
  t.after(() => ours.close());
  assert.deepEqual(await asA(ours.port), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(await asA(ours.port, 'prod.web.default.service.nomad'), ['192.0.2.1']);
  assert.equal((await askOnce(ours.port, 'other.web.default.service.nomad', 'A')).rcode, 'NXDOMAIN');
  const { answer, additional } = await askOnce(ours.port, 'prod.web.default.service.nomad', 'SRV');
  assert.deepEqual([answer, additional], [['prod.web.default.service.nomad. 30 IN SRV 10 10 8080 prod.web.default.service.nomad.'],
    ['prod.web.default.service.nomad. 30 IN A 192.0.2.1']]);
  // Without an index each question is a request.
  assert.equal(api.asked.filter((each) => each.includes('/v1/service/web')).length, 4);
});

test('healthy leaves out whose checks fail, looks again every ten seconds, and answers all where all fail', async (t) => {
  const clock = new FakeClock();
  const failing = new Set(['b']);
  const list = JSON.stringify(['a', 'b', 'c'].map((AllocID, i) => ({ Address: `192.0.2.${i}`, Port: 80, AllocID })));
  const waits: string[] = [];
  const api = await new ScriptedApi((url) => {
    const [, id] = /^\/v1\/client\/allocation\/(.*)\/checks$/.exec(url.pathname) ?? [];
    if (id === 'c') return { status: 404, body: 'Unknown allocation' };
    if (id !== undefined) {
      return { body: JSON.stringify({ x: { Service: 'web', Status: failing.has(id) ? 'failure' : 'success' },
        y: { Service: 'other', Status: 'failure' }, z: null }) };
    }
    const wait = url.searchParams.get('wait');
    if (wait !== null) waits.push(wait);
    return url.searchParams.get('index') === null || wait !== null && released
      ? { headers: { 'X-Nomad-Index': '7' }, body: url.pathname === '/v1/agent/self' ? '{}' : list } : 'held';
  }).open(t);
  let released = false;
  const ours = await serve(`service.nomad {\nbind 127.0.0.1\nnomad {\naddress ${api.url}\nhealthy\n}\ncache\n}`, standard, clock);
  t.after(() => ours.close());
  assert.deepEqual(await asA(ours.port), ['192.0.2.0', '192.0.2.2']);
  await eventually(() => api.held === 1, 'it waits');
  const [first = ''] = waits;
  assert.ok(Number(first.slice(0, -1)) <= 10, first);
  failing.add('a');
  released = true;
  // The server says the same again when the wait is over: its checks are looked at all the same.
  api.release();
  const comes = async (addresses: readonly string[]) => {
    let found = await asA(ours.port);
    for (let i = 0; i < 500 && found.join() !== addresses.join(); i++) {
      await clock.elapse(50);
      found = await asA(ours.port);
    }
    assert.deepEqual(found, addresses);
  };
  await comes(['192.0.2.2']);
  failing.clear();
  await comes(['192.0.2.0', '192.0.2.1', '192.0.2.2']);
});

test('where every instance fails all are answered, and that is said', async (t) => {
  const api = await new ScriptedApi((url) => (url.pathname.endsWith('/checks') ? { body: '{"x":{"Service":"web","Status":"failure"}}' }
    : { body: url.pathname === '/v1/agent/self' ? '{}' : JSON.stringify([{ Address: '192.0.2.1', Port: 80, AllocID: 'a' }]) })).open(t);
  const ours = await serve(`service.nomad {\nbind 127.0.0.1\nnomad {\naddress ${api.url}\nhealthy\n}\n}`, standard);
  t.after(() => ours.close());
  const { answer, ede } = await askOnce(ours.port, 'web.default.service.nomad', 'A');
  assert.deepEqual([answer, ede], [['web.default.service.nomad. 30 IN A 192.0.2.1'], 0]);
});
