// The scripted Kubernetes API, asked with plain HTTP. Knows the API's rules as the Kubernetes documentation says them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as secure } from 'node:https';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock } from './fake-clock.ts';
import { FakeKubeApi } from './fake-kube-api.ts';
import type { FakeKubeApiOptions } from './fake-kube-api.ts';

const named = (name: string, more: object = {}, labels: object = {}) => ({ metadata: { name, namespace: 'a', labels }, ...more });
const SERVICES = '/api/v1/services';

async function started(t: TestContext, options: FakeKubeApiOptions = {}): Promise<FakeKubeApi> {
  const api = new FakeKubeApi(options);
  await api.up();
  t.after(() => api.down());
  return api;
}
interface Listed {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
  readonly reason?: string;
}
/** A request with its status and the body as JSON. */
async function ask(api: FakeKubeApi, path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: Listed }> {
  const response = await fetch(`${api.url}${path}`, { headers });
  return { status: response.status, body: await response.json() as Listed };
}
const names = ({ body }: { body: Listed }) => body.items.map(({ metadata }) => metadata.name).join(' ');

/** A watch whose lines are read one by one. */
class Watching {
  readonly status: number;
  readonly #lines: AsyncIterator<string>;
  constructor(response: IncomingMessage) {
    this.status = response.statusCode!;
    this.#lines = linesOf(response);
  }
  static async open(api: FakeKubeApi, path: string): Promise<Watching> {
    return new Watching(await new Promise((resolve, reject) => get(`${api.url}${path}`, resolve).on('error', reject)));
  }
  /** `ADDED name`, `ERROR 410`, `BOOKMARK end`; `end` or `broken` at the end. */
  async next(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) return String(value);
    const { type, object } = JSON.parse(value) as { type: string; object: { code?: number; metadata?: Record<string, string> } };
    if (type === 'BOOKMARK') return object.metadata?.['annotations'] === undefined ? 'BOOKMARK' : 'BOOKMARK initial-events-end';
    return `${type} ${object.code ?? object.metadata?.['name']}`;
  }
  async some(count: number): Promise<string[]> {
    const all: string[] = [];
    for (let i = 0; i < count; i++) all.push(await this.next());
    return all;
  }
}
async function* linesOf(response: IncomingMessage): AsyncGenerator<string, string> {
  let rest = '';
  try {
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } catch {
    return rest === '' ? 'broken' : 'broken in an object';
  }
  return 'end';
}

test('lists in the order of names, in pages of one version, with selectors and by namespace', async (t) => {
  const api = await started(t);
  api.load({ services: ['c', 'a', 'b'].map((name) => named(name, {}, { app: name })), namespaces: [{ metadata: { name: 'a' } }] });
  api.add('services', { metadata: { name: 'z', namespace: 'other' }, spec: { type: 'ExternalName' } });
  const first = await ask(api, `${SERVICES}?limit=2`);
  assert.equal(names(first), 'a b');
  assert.equal(first.body.metadata.remainingItemCount, 2);
  api.delete('services', 'a/c');
  api.add('services', named('d'));
  const second = await ask(api, `${SERVICES}?limit=2&continue=${first.body.metadata.continue}`);
  assert.equal(names(second), 'c z');
  assert.equal(second.body.metadata.continue, undefined);
  assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  assert.equal(names(await ask(api, SERVICES)), 'a b d z');
  api.pageSize = 1;
  assert.deepEqual([names(await ask(api, `${SERVICES}?limit=2`)), names(await ask(api, SERVICES))], ['a', 'a b d z']);
  assert.equal(names(await ask(api, `${SERVICES}?labelSelector=${encodeURIComponent('app in (a,b),app!=b')}`)), 'a');
  assert.equal(names(await ask(api, `${SERVICES}?labelSelector=!app`)), 'd z');
  assert.equal(names(await ask(api, `${SERVICES}?fieldSelector=spec.type%3DExternalName`)), 'z');
  assert.equal(names(await ask(api, '/api/v1/namespaces/other/services')), 'z');
  assert.equal(names(await ask(api, '/api/v1/namespaces')), 'a');
  assert.equal((await ask(api, '/api/v1/namespaces/a')).body.metadata.resourceVersion, '1004');
  assert.equal((await ask(api, '/api/v1/namespaces/missing')).status, 404);
  assert.equal((await ask(api, '/api/v1/volumes')).status, 404);
});

test('knows which versions are too old, too new, exact and good enough', async (t) => {
  const api = await started(t);
  api.load({ services: [named('a'), named('b'), named('c')] });
  const at = (version: number, more = '') => ask(api, `${SERVICES}?resourceVersion=${version}${more}`);
  assert.equal(names(await at(0, '&limit=1')), 'a b c');
  assert.equal(names(await at(1002)), 'a b c');
  assert.equal(names(await at(1002, '&resourceVersionMatch=Exact')), 'a b');
  assert.equal((await at(1004)).status, 504);
  assert.equal((await ask(api, `${SERVICES}?resourceVersionMatch=Exact`)).status, 422);
  assert.equal((await ask(api, `${SERVICES}?resourceVersion=x`)).status, 400);
  const page = await ask(api, `${SERVICES}?limit=1`);
  api.add('services', named('d'));
  api.store.compact();
  assert.equal((await at(1002, '&resourceVersionMatch=Exact')).body.reason, 'Expired');
  assert.equal((await ask(api, `${SERVICES}?limit=1&continue=${page.body.metadata.continue}`)).status, 410);
  assert.equal((await ask(api, `${SERVICES}?continue=x`)).status, 400);
  const watch = await Watching.open(api, `${SERVICES}?watch=true&resourceVersion=1002`);
  assert.deepEqual([watch.status, ...await watch.some(2)], [200, 'ERROR 410', 'end']);
});

test('watches from a version, with selectors as the real API does', async (t) => {
  const api = await started(t);
  api.load({ services: [named('a', {}, { app: 'x' })] });
  api.add('services', named('b', {}, { app: 'y' }));
  const all = await Watching.open(api, `${SERVICES}?watch=1&resourceVersion=1001`);
  const some = await Watching.open(api, `${SERVICES}?watch=1&resourceVersion=1000&labelSelector=app%3Dx`);
  api.update('services', named('b', {}, { app: 'x' }));
  api.update('services', named('a', {}, { app: 'z' }));
  api.delete('services', 'a/a');
  api.add('pods', named('pod'));
  assert.deepEqual(await all.some(4), ['ADDED b', 'MODIFIED b', 'MODIFIED a', 'DELETED a']);
  assert.deepEqual(await some.some(3), ['ADDED a', 'ADDED b', 'DELETED a']);
  const current = await Watching.open(api, `${SERVICES}?watch=1`);
  api.bookmark('services');
  api.faults.cut('services');
  assert.deepEqual(await current.some(2), ['ADDED b', 'end']);
});

test('a watch-list sends what is there, a bookmark, and what comes; older servers refuse it or never heard of it', async (t) => {
  const api = await started(t);
  api.load({ services: [named('b'), named('a')] });
  const path = `${SERVICES}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`;
  const watch = await Watching.open(api, path);
  assert.deepEqual(await watch.some(3), ['ADDED a', 'ADDED b', 'BOOKMARK initial-events-end']);
  api.add('services', named('c'));
  api.bookmark('services');
  assert.deepEqual(await watch.some(2), ['ADDED c', 'BOOKMARK']);
  assert.equal((await ask(api, path.replace('resourceVersionMatch', 'x'))).status, 422);
  assert.equal((await ask(api, path.replace('watch=1', ''))).status, 422);
  assert.equal((await ask(api, `${path}&resourceVersion=5000`)).status, 504);
  api.watchList = 'refused';
  assert.equal((await ask(api, path)).status, 422);
  api.watchList = 'ignored';
  const old = await Watching.open(api, path);
  api.bookmark('services');
  assert.deepEqual(await old.some(4), ['ADDED a', 'ADDED b', 'ADDED c', 'BOOKMARK']);
});

test('a watch ends after its timeoutSeconds', async (t) => {
  const clock = new FakeClock();
  const api = await started(t, { clock });
  const watch = await Watching.open(api, `${SERVICES}?watch=1&timeoutSeconds=5&allowWatchBookmarks=1`);
  await clock.elapse(5000);
  assert.deepEqual(await watch.some(2), ['BOOKMARK', 'end']);
});

test('lets in who bears the token, speaks the forms it knows, and keeps what was asked', async (t) => {
  const api = await started(t, { token: 'one' });
  assert.equal((await ask(api, SERVICES)).status, 401);
  const bearing = (token: string, more = {}) => ask(api, SERVICES, { authorization: `Bearer ${token}`, ...more });
  assert.equal((await bearing('one')).status, 200);
  api.token = 'two';
  assert.deepEqual([(await bearing('one')).status, (await bearing('two')).status], [401, 200]);
  assert.equal((await bearing('two', { accept: 'application/vnd.kubernetes.protobuf;as=Table' })).status, 406);
  api.binary = false;
  assert.equal((await bearing('two', { accept: 'application/vnd.kubernetes.protobuf' })).status, 406);
  assert.equal((await bearing('two', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })).status, 406);
  assert.equal((await bearing('two', { accept: 'application/vnd.kubernetes.protobuf,application/json' })).status, 200);
  assert.deepEqual([...new Set(api.requests.splice(0).map(({ url }) => url))], [SERVICES]);
});

test('refuses as it is told: a number of times, lists or watches alone, one resource', async (t) => {
  const api = await started(t);
  api.faults.fail('services', { status: 429, retryAfter: 3, times: 1, of: 'list' });
  assert.equal((await Watching.open(api, `${SERVICES}?watch=1`)).status, 200);
  const response = await fetch(`${api.url}${SERVICES}`);
  assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '3']);
  assert.equal((await ask(api, SERVICES)).status, 200);
  api.faults.fail('*', { status: 500 });
  api.faults.forbid('pods');
  assert.equal((await ask(api, SERVICES)).status, 500);
  assert.equal((await ask(api, '/api/v1/pods')).status, 403);
  api.faults.mend();
  assert.equal((await ask(api, '/api/v1/pods')).status, 200);
});

test('cuts streams, cleanly and within an object; says 410; forgets nothing that comes later', async (t) => {
  const api = await started(t);
  const open = () => Watching.open(api, `${SERVICES}?watch=1&resourceVersion=1000`);
  const clean = await open();
  api.faults.cut('*');
  assert.equal(api.watches('services'), 0);
  assert.equal(await clean.next(), 'end');
  const broken = await open();
  api.faults.cut('services', 'mid-object');
  api.add('services', named('a'));
  assert.equal(await broken.next(), 'broken in an object');
  const gone = await open();
  api.faults.gone('services');
  assert.deepEqual(await gone.some(3), ['ADDED a', 'ERROR 410', 'end']);
  assert.equal(await (await open()).next(), 'ERROR 410');
});

test('slow lists come chunk by chunk, and can be cut in the middle', async (t) => {
  const api = await started(t);
  api.load({ services: [named('a'), named('b')] });
  api.faults.hold('services');
  const response = await fetch(`${api.url}${SERVICES}`);
  const reader = response.body!.getReader();
  api.faults.feed('services', 2);
  const { value } = await reader.read();
  assert.match(Buffer.from(value!).toString(), /"items":\[\{.*"name":"a".*\}$/);
  api.faults.cut('services', 'mid-object');
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  });
  const whole = ask(api, SERVICES);
  await api.when(() => api.requests.length === 2);
  api.faults.feed('services');
  assert.equal(names(await whole), 'a b');
});

test('a stalled connection is taken and says nothing until it goes on', async (t) => {
  const api = await started(t);
  const watch = await Watching.open(api, `${SERVICES}?watch=1`);
  api.faults.stall('services');
  api.add('services', named('a'));
  const list = ask(api, SERVICES);
  await api.when(() => api.requests.length === 2);
  let came = false;
  const next = watch.next().finally(() => (came = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(came, false);
  api.faults.resume('services');
  assert.equal(await next, 'ADDED a');
  assert.equal(names(await list), 'a');
});

test('duplicates and mixes events by a seed, those of one object in order unless all are mixed', async (t) => {
  const run = async (seed: number, order: 'objects' | 'everything') => {
    const api = await started(t, { seed });
    const watch = await Watching.open(api, `${SERVICES}?watch=1`);
    api.faults.duplicate('services');
    api.add('services', named('once'));
    api.faults.duplicate('services', 1);
    api.faults.reorder('services', order);
    for (const name of ['a', 'b', 'c']) api.add('services', named(name));
    for (const name of ['a', 'b', 'c']) api.delete('services', `a/${name}`);
    api.faults.flush('services');
    return (await watch.some(8)).join();
  };
  const objects = await run(7, 'objects');
  assert.equal(objects, await run(7, 'objects'));
  assert.match(objects, /^ADDED once,ADDED once,/);
  for (const name of ['a', 'b', 'c']) assert.ok(objects.indexOf(`ADDED ${name}`) < objects.indexOf(`DELETED ${name}`));
  assert.notEqual(objects, 'ADDED once,ADDED once,ADDED a,ADDED b,ADDED c,DELETED a,DELETED b,DELETED c');
  const runs = await Promise.all([1, 2, 3, 4].map((seed) => run(seed, 'everything')));
  assert.ok(runs.some((text) => text.indexOf('DELETED a') < text.indexOf('ADDED a')));
});

test('goes down and comes up on its port with its objects', async (t) => {
  const api = await started(t);
  api.load({ services: [named('a')] });
  const watch = await Watching.open(api, `${SERVICES}?watch=1`);
  await api.down();
  assert.deepEqual(await watch.some(2), ['ADDED a', 'broken']);
  await assert.rejects(ask(api, SERVICES));
  await api.up();
  assert.equal(names(await ask(api, SERVICES)), 'a');
});

test('sends odd objects as they are, and remembers only so much', async (t) => {
  const api = await started(t, { history: 2 });
  for (const odd of [{}, { metadata: null }, { metadata: 'no', spec: [] }]) api.putAsIs('pods', JSON.stringify(odd), odd);
  assert.deepEqual((await ask(api, '/api/v1/pods')).body.items, [{ metadata: 'no', spec: [] }, { metadata: null }, {}]);
  api.add('pods', { spec: 1 });
  api.add('pods', named('a', { metadata: { name: 'a', namespace: 'a', uid: 'mine' } }));
  assert.equal(api.store.compacted, 1003);
  assert.throws(() => api.add('pods', named('a')), /there is a pods a\/a already/);
  assert.throws(() => api.update('pods', named('b')), /there is no pods a\/b to update/);
  assert.throws(() => api.load({ volumes: [] }), /"volumes" is no kind/);
});

test('serves over TLS, to those alone who show a certificate where one is asked for', async (t) => {
  const pem = (name: string) => readFileSync(new URL(`../../test/conformance/certs/${name}.pem`, import.meta.url), 'utf8');
  const [certificate, key, ca] = [pem('cert'), pem('key'), pem('ca')];
  const api = await started(t, { tls: { certificate, key, clientAuthority: ca } });
  const status = (more: object) => new Promise((resolve, reject) =>
    secure(`${api.url}${SERVICES}`, { ca, ...more }, (response) => resolve(response.resume().statusCode)).on('error', reject).end());
  assert.equal(await status({ cert: certificate, key }), 200);
  await assert.rejects(status({}));
});
