// Answers as events over HTTP/1.1 and HTTP/2: each time they become others, nothing twice for who comes again, all anew for who has what is
// of no use here, and for whom the stream goes on.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { registry } from './registry-rig.test.ts';

type Registry = Awaited<ReturnType<typeof registry>>;
const AT = '/v1/zones/svc.test/services/web/instances/a';
const WATCH = '/v1/watch?name=web.svc.test&type=A';
interface Told {
  readonly event: string;
  readonly id: string;
  readonly data: {
    readonly name: string; readonly type: string; readonly rcode: string; readonly initial: boolean;
    readonly records: readonly { readonly name: string; readonly type: string; readonly ttl: number; readonly data: string }[];
  };
}
/** What came of a request: events, and comments. */
class Events {
  status = 0;
  type = '';
  readonly told: Told[] = [];
  beats = 0;
  isOver = false;
  close = (): void => {};
  #rest = '';

  take(text: string): void {
    const parts = (this.#rest + text).split('\n\n');
    this.#rest = parts.pop()!;
    for (const part of parts) {
      const lines = part.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)!);
      const of = (name: string): string => lines.filter(([, each]) => each === name).map(([, , value]) => value).join('\n');
      if (lines.every(([, name]) => name === '') || part === ':') this.beats++;
      else this.told.push({ event: of('event'), id: of('id'), data: JSON.parse(of('data')) as Told['data'] });
    }
  }
  async next(): Promise<Told> {
    await eventually(() => this.told.length > 0 || this.isOver, 'an event came');
    return this.told.shift()!;
  }
  /** Addresses of the next event. */
  async addresses(): Promise<readonly string[]> {
    return (await this.next()).data.records.map(({ data }) => data).sort();
  }
}
function watch(t: TestContext, port: number, target = WATCH, headers: Readonly<Record<string, string>> = {}): Events {
  const events = new Events();
  const request = http.request({ host: '127.0.0.1', port, path: target, headers, agent: false }, (response) => {
    events.status = response.statusCode!;
    events.type = response.headers['content-type'] ?? '';
    response.setEncoding('utf8').on('data', (text: string) => {
      if (events.status === 200) events.take(text);
    }).on('close', () => {
      events.isOver = true;
    });
  });
  request.on('error', () => {
    events.isOver = true;
  }).end();
  events.close = () => request.destroy();
  t.after(events.close);
  return events;
}
function watch2(t: TestContext, port: number): Events {
  const events = new Events();
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const request = session.request({ ':path': WATCH });
  request.on('response', (headers) => {
    events.status = headers[':status']!;
    events.type = headers['content-type']!;
  }).setEncoding('utf8').on('data', (text: string) => events.take(text)).on('close', () => {
    events.isOver = true;
  });
  events.close = () => session.destroy();
  t.after(events.close);
  return events;
}
const put = async ({ api }: Registry, ...addresses: string[]): Promise<void> => {
  assert.ok((await api.send('PUT', AT, { addresses, ttl: 5 })).status < 300);
};

for (const [version, begin] of [['HTTP/1.1', watch], ['HTTP/2', watch2]] as const) {
  test(`${version}: the answer that there is, and each other one`, async (t: TestContext) => {
    const own = await registry(t);
    const events = begin(t, own.port);
    const { event, id, data } = await events.next();
    assert.deepEqual([events.status, events.type, event, data],
      [200, 'text/event-stream', '', { name: 'web.svc.test.', type: 'A', rcode: 'NXDOMAIN', records: [], initial: true }]);
    assert.match(id, /^[0-9a-f]+-\d+-[0-9a-f]{32}$/);
    await put(own, '10.0.0.7');
    const next = await events.next();
    assert.deepEqual([next.event, next.data], ['', {
      name: 'web.svc.test.', type: 'A', rcode: 'NOERROR', initial: false,
      records: [{ name: 'web.svc.test.', type: 'A', ttl: 5, data: '10.0.0.7' }],
    }]);
    assert.ok(Number(next.id.split('-')[1]) > Number(id.split('-')[1]));
    await put(own, '10.0.0.8', '10.0.0.9');
    assert.deepEqual(await events.addresses(), ['10.0.0.8', '10.0.0.9']);
    // What changes another name changes nothing here.
    await own.api.send('PUT', AT.replace('web', 'other'), { addresses: ['10.0.0.1'] });
    await own.api.send('DELETE', AT);
    assert.equal((await events.next()).data.rcode, 'NXDOMAIN');
  });
}

async function resumed(t: TestContext, own: Registry): Promise<void> {
  await put(own, '10.0.0.7');
  const first = watch(t, own.port);
  const { id } = await first.next();
  first.close();
  const [source, revision, digest] = id.split('-') as [string, string, string];
  // The same answer: nothing is told until it is another one.
  const same = watch(t, own.port, WATCH, { 'Last-Event-ID': id });
  await eventually(() => same.beats > 0, 'it was told that it has all');
  await put(own, '10.0.0.8');
  assert.deepEqual(await same.addresses(), ['10.0.0.8']);
  // Another answer: that alone, which is the first one here.
  const other = watch(t, own.port, `${WATCH}&last-event-id=${id}`);
  const told = await other.next();
  assert.deepEqual([told.event, told.data.initial, told.data.records.length], ['', true, 1]);
  // What is of another store, or none at all: all anew, which is said.
  for (const useless of [`1${source}-${revision}-${digest}`, 'anything', `${source}-${revision}`]) {
    const anew = watch(t, own.port, WATCH, { 'Last-Event-ID': useless });
    assert.deepEqual([(await anew.next()).event, await anew.addresses()], ['reset', ['10.0.0.8']], useless);
  }
  // What another server has told is waited for.
  const ahead = watch(t, own.port, WATCH, { 'Last-Event-ID': `${source}-${BigInt(told.id.split('-')[1]!) + 1n}-${digest}` });
  await put(own, '10.0.0.9');
  assert.deepEqual(await ahead.addresses(), ['10.0.0.9']);
}
test('a folder: who comes again is told what differs', async (t: TestContext) => resumed(t, await registry(t)));
test('an etcd: who comes again is told what differs', { skip: isMissing }, async (t: TestContext) => {
  const etcd = await new RealEtcd().open(t);
  const own = await registry(t, { place: `etcd ${etcd.url}` });
  await eventually(() => own.ours.log().includes('etcd is followed'), 'etcd is followed');
  await resumed(t, own);
});

test('any name that the block answers; what cannot be watched is refused', async (t: TestContext) => {
  const own = await registry(t, { stanza: 'fallthrough', block: 'hosts {\n192.0.2.1 host.svc.test\n}' });
  assert.deepEqual(await watch(t, own.port, '/v1/watch?name=host.svc.test').addresses(), ['192.0.2.1']);
  assert.equal((await watch(t, own.port, '/v1/watch?name=elsewhere.test').next()).data.rcode, 'REFUSED');
  for (const [target, field] of [['/v1/watch', 'name'], ['/v1/watch?name=a..b', 'name'], ['/v1/watch?name=a.test&type=X', 'type'],
    ['/v1/watch?name=a.test&type=AXFR', 'type']] as const) {
    const { status, body } = await own.api.send('GET', target);
    assert.deepEqual([status, body['field']], [400, field], target);
  }
});

test('a reload leaves streams; the end of the server ends them', async (t: TestContext) => {
  const own = await registry(t);
  const events = watch(t, own.port);
  await events.next();
  await own.ours.replace(own.corefile.replace('\n}\n}', '\n}\ncache 30\n}').replace('registry {', 'whoami\nregistry {'));
  await put(own, '10.0.0.7');
  assert.deepEqual(await events.addresses(), ['10.0.0.7']);
  await own.ours.replace('other.test {\nbind 127.0.0.1\nwhoami\n}');
  await eventually(() => events.isOver, 'it is over');
});

test('a stream gives signs of life, and ends when its token is taken away', async (t: TestContext) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'watching-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [reader, other] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const line = (holder: string, subtree: string, token: string): string =>
    `${holder} read ${subtree} ${createHash('sha256').update(token).digest('hex')}\n`;
  const tokens = path.join(folder, 'tokens');
  writeFileSync(tokens, line('reader', 'web.svc.test', reader) + line('other', 'other.test', other));
  const clock = new FakeClock();
  const own = await registry(t, { stanza: `tokens ${tokens}`, clock });
  assert.equal((await own.api.raw('GET', WATCH)).status, 401);
  assert.equal((await own.api.raw('GET', WATCH, undefined, { Authorization: `Bearer ${other}` })).status, 403);
  const events = watch(t, own.port, WATCH, { Authorization: `Bearer ${reader}` });
  while (events.beats < 2) await clock.elapse(1000);
  assert.equal(events.told.length, 1);
  writeFileSync(tokens, line('other', 'other.test', other));
  while (!events.isOver) await clock.elapse(1000);
});
