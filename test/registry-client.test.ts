// `coredns-ts/client` and `coredns-ts watch` before a real registry: what is registered stays so, whoever asks finds it, and who watches
// hears of changes, over lost connections too.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RegistryClient, RegistryError, registerGrpcResolver } from '../src/client/index.ts';
import type { ClientOptions, WatchedAnswer } from '../src/client/index.ts';
import { eventsOf } from '../src/client/watch.ts';
import { registry } from '../src/plugins/registry/registry-rig.test.ts';
import { eventually } from '../src/testing/conformance/transport-clients.ts';
import { freePort } from '../src/testing/free-port.ts';
import { MAIN, Spawned } from '../src/testing/spawned.ts';

const AT = '/v1/zones/svc.test/services/web/instances/a';
/** Waits until the test lets them end. */
class Waits {
  readonly all: { readonly milliseconds: number; readonly end: () => void }[] = [];
  readonly wait = (milliseconds: number, signal: AbortSignal): Promise<void> => new Promise((end) => {
    this.all.push({ milliseconds, end });
    signal.addEventListener('abort', () => end(), { once: true });
  });
  /** The next one, once it has begun. */
  async next(): Promise<number> {
    await eventually(() => this.all.length > 0, 'something waits');
    const { milliseconds, end } = this.all.shift()!;
    end();
    return milliseconds;
  }
}
const clientOf = (port: number, more: Partial<ClientOptions> = {}): RegistryClient =>
  new RegistryClient({ url: `http://127.0.0.1:${port}/`, ...more });
const addressesOf = (records: WatchedAnswer['records']): readonly string[] => records.map(({ data }) => data).sort();

test('what is registered is renewed, and registered anew where its lease is gone', async (t: TestContext) => {
  const { port, api, answers } = await registry(t);
  const waits = new Waits();
  let isCut = false;
  const heard: string[] = [];
  const client = clientOf(port, {
    wait: waits.wait, fetch: (url, how) => (isCut ? Promise.reject(new Error('the network is gone')) : fetch(url, how)),
  });
  const spec = { addresses: ['10.0.0.7'], ports: { http: 80 }, ttl: 5, lease: { ttl: 600 } };
  const own = await client.register('svc.test', 'web', 'a', spec, (error) => heard.push(error?.message ?? 'well again'));
  const { name, state, lease } = own.instance;
  assert.deepEqual([name, state, await answers('web.svc.test', 'A')], ['a.web.svc.test.', 'up', ['web.svc.test 5 A 10.0.0.7']]);
  assert.equal(await waits.next(), 200_000);
  await eventually(() => waits.all.length > 0, 'it was renewed');
  assert.equal(own.instance.lease, lease);
  assert.equal((await api.send('DELETE', `/v1/leases/${lease}`)).status, 204);
  assert.deepEqual(await answers('web.svc.test', 'A'), ['NXDOMAIN']);
  await waits.next();
  await eventually(() => waits.all.length > 0, 'it was registered anew');
  assert.notEqual(own.instance.lease, lease);
  assert.deepEqual(await answers('web.svc.test', 'A'), ['web.svc.test 5 A 10.0.0.7']);
  // What cannot be reached is tried sooner, and said once.
  isCut = true;
  await waits.next();
  assert.ok(await waits.next() < 1000);
  assert.ok(await waits.next() < 2000);
  isCut = false;
  await waits.next();
  await eventually(() => heard.length > 1, 'it is well again');
  assert.deepEqual(heard, [`http://127.0.0.1:${port} cannot be asked: the network is gone`, 'well again']);
  assert.equal((await own.change({ state: 'draining' })).state, 'draining');
  await own.close();
  await own.close();
  assert.equal((await api.send('GET', AT)).status, 404);
});

test('instances of a service, and each change of them', async (t: TestContext) => {
  const { port, api } = await registry(t);
  const client = clientOf(port);
  const end = new AbortController();
  const found = client.services('svc.test', 'web', end.signal);
  const next = async (): Promise<readonly string[]> => {
    const { value } = await found.next();
    return (value as { readonly instances: readonly { readonly name: string }[] }).instances.map(({ name }) => name);
  };
  assert.deepEqual(await next(), []);
  const more = next();
  await api.send('PUT', AT, { addresses: ['10.0.0.7'] });
  assert.deepEqual([await more, (await client.service('svc.test', 'web')).instances.length], [['a.web.svc.test.'], 1]);
  const last = found.next();
  end.abort();
  assert.equal((await last).done, true);
});

test('an answer that is watched, over lost connections, nothing twice', async (t: TestContext) => {
  const { port, api } = await registry(t);
  const lines: AbortController[] = [];
  const lasts: (string | undefined)[] = [];
  const client = clientOf(port, {
    // What is waited for between tries is over at once, what is waited for in vain never.
    wait: (milliseconds, signal) => new Promise((resolve) => {
      if (milliseconds < 20_000) setImmediate(resolve);
      else signal.addEventListener('abort', () => resolve(), { once: true });
    }),
    fetch: (url, how) => {
      const line = new AbortController();
      lines.push(line);
      lasts.push(how.headers['last-event-id']);
      return fetch(url, { ...how, signal: AbortSignal.any([line.signal, how.signal!]) });
    },
  });
  const end = new AbortController();
  const answers = client.watch('web.svc.test', 'A', end.signal);
  const next = async (): Promise<WatchedAnswer> => (await answers.next()).value as WatchedAnswer;
  const first = await next();
  assert.deepEqual([first.rcode, first.initial, first.records], ['NXDOMAIN', true, []]);
  await api.send('PUT', AT, { addresses: ['10.0.0.7'], ttl: 5 });
  const second = await next();
  assert.deepEqual(second.records, [{ name: 'web.svc.test.', type: 'A', ttl: 5, data: '10.0.0.7' }]);
  const third = next();
  const { length } = lines;
  lines.at(-1)!.abort();
  await eventually(() => lines.length > length, 'it comes again');
  await api.send('PUT', AT, { addresses: ['10.0.0.8'], ttl: 5 });
  assert.deepEqual([addressesOf((await third).records), lasts.at(-1)], [['10.0.0.8'], second.id]);
  const over = answers.next();
  end.abort();
  assert.equal((await over).done, true);
});

test('what is refused says why, where, and what to do; what is not there says so', async (t: TestContext) => {
  const { port } = await registry(t);
  const client = clientOf(port);
  await assert.rejects(client.register('svc.test', 'web', 'a', { addresses: ['x'] }), (error) => error instanceof RegistryError
    && error.status === 400 && error.field === 'addresses.0' && error.cure !== undefined
    && error.message === 'Malformed request: "x" is no address');
  await assert.rejects(client.service('other.test', 'web'), { status: 404 });
  await assert.rejects(client.watch('a..b', 'A', new AbortController().signal).next(), { status: 400, field: 'name' });
  await assert.rejects(clientOf(await freePort()).service('svc.test', 'web'), { status: 0 });
});

test('events are read, however they are cut', async () => {
  const bytes = Buffer.from('retry: 5\n\n:\n\nid: 1-2-3\ndata: {"a":\ndata: "ä"}\n\nevent: reset\r\ndata: {}\r\n\r\ndata: cut');
  for (let size = 1; size <= bytes.length; size++) {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const all = [];
    for await (const event of eventsOf(pieces(), () => {})) all.push(event);
    assert.deepEqual(all, [
      { event: 'message', id: '1-2-3', data: '{"a":\n"ä"}' }, { event: 'reset', id: '1-2-3', data: '{}' },
    ], `${size}`);
  }
});

test('a resolver of gRPC hears of instances that are up, in both forms of the library', async (t: TestContext) => {
  const { port, api } = await registry(t);
  type Made = new (target: { readonly path: string }, listener: unknown) => { updateResolution(): void; destroy(): void };
  let made: Made | undefined;
  registerGrpcResolver({
    experimental: {
      registerResolver: (scheme, resolver) => {
        assert.equal(scheme, 'registry');
        made = resolver as unknown as Made;
      },
    },
    Metadata: class {},
  }, clientOf(port));
  await api.send('PUT', AT, { addresses: ['10.0.0.7', '2001:db8::7'], ports: { http: 80, grpc: 50_051 } });
  await api.send('PUT', AT.replace(/a$/, 'b'), { addresses: ['10.0.0.8'], ports: { grpc: 50_052 }, state: 'draining' });
  const told: string[] = [];
  const tell = (endpoints: readonly { readonly addresses: readonly { readonly host: string; readonly port: number }[] }[]): boolean => {
    told.push(endpoints.map(({ addresses }) => addresses.map((each) => `${each.host} ${each.port}`).join()).join('; '));
    return true;
  };
  const target = { path: '/svc.test/web/grpc' };
  const old = new made!(target, { onSuccessfulResolution: tell, onError: ({ details }: { details: string }) => told.push(details) });
  const now = new made!(target, (found: { ok: boolean; value: Parameters<typeof tell>[0]; error: { details: string } }) =>
    (found.ok ? tell(found.value) : told.push(found.error.details)));
  for (const each of [old, now]) {
    each.updateResolution();
    each.updateResolution();
    t.after(() => each.destroy());
  }
  await eventually(() => told.length === 2, 'both heard');
  assert.deepEqual(told.splice(0), ['10.0.0.7 50051,2001:db8::7 50051', '10.0.0.7 50051,2001:db8::7 50051']);
  await api.send('PATCH', AT, { state: 'draining' });
  await eventually(() => told.length === 2, 'both heard');
  assert.deepEqual(told, ['no instance of web is up', 'no instance of web is up']);
});

/** Runs the command; `said` has its lines. */
function command(t: TestContext, ...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, 'watch', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const own = { said: '', wrong: '', status: undefined as number | null | undefined };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (own.said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (own.wrong += text));
  child.on('close', (status) => {
    own.status = status;
  });
  t.after(() => void child.kill('SIGKILL'));
  return own;
}
test('watch prints answers by events', async (t: TestContext) => {
  const { port, api } = await registry(t);
  const own = command(t, 'web.svc.test', '@http://127.0.0.1:' + port, '--count', '2', '--json');
  await eventually(() => own.said.includes('\n'), 'the first answer came');
  await api.send('PUT', AT, { addresses: ['10.0.0.7'], ttl: 5 });
  await eventually(() => own.status !== undefined, 'it ended');
  const lines = own.said.trim().split('\n')
    .map((line) => JSON.parse(line) as { readonly rcode: string; readonly records: readonly object[] });
  assert.deepEqual([own.status, lines.map(({ rcode, records }) => [rcode, records.length])], [0, [['NXDOMAIN', 0], ['NOERROR', 1]]]);
});
test('watch prints answers by gRPC', async (t: TestContext) => {
  const port = await freePort();
  const server = new Spawned(`grpc://svc.test:${port} {\nbind 127.0.0.1\nhosts {\n192.0.2.1 web.svc.test\n}\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const own = command(t, 'web.svc.test', 'A', `@grpc://127.0.0.1:${port}`, '--count', '1');
  await eventually(() => own.status !== undefined, 'it ended');
  assert.equal(own.status, 0, own.wrong);
  assert.match(own.said, /^\S+ {2}web\.svc\.test\. {2}NOERROR\n {2}web\.svc\.test\. 3600 A 192\.0\.2\.1\n$/);
});
test('watch says what is wrong with its words', async (t: TestContext) => {
  for (const [args, why] of [[['a.test'], /the server is/], [['@http://x'], /a name is missing/],
    [['a.test', 'QQ', '@http://x'], /no type/],
    [['a.test', '@http://x', '--count', '0'], /--count/], [['a.test', '@http://x', '--what'], /unknown option/]] as const) {
    const own = command(t, ...args);
    await eventually(() => own.status !== undefined, 'it ended');
    assert.equal(own.status, 2);
    assert.match(own.wrong, why);
  }
  const refused = command(t, 'a.test', `@grpc://127.0.0.1:${await freePort()}`);
  await eventually(() => refused.status !== undefined, 'it ended');
  assert.deepEqual([refused.status, /connection refused/.test(refused.wrong)], [1, true]);
});
