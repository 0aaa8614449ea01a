// *trace* through the front door: a server with sockets, a collector that listens, and the spans that it is told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fc } from '../../testing/properties.ts';
import { failure } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { Spawned } from '../../testing/spawned.ts';
import { overUdp } from '../../testing/udp-question.ts';
import { standard } from '../index.ts';
import { contextOf } from './context.ts';
import { ascii, envelope, spanWriter } from './span-form.ts';
import { Trace } from './trace.ts';

const CERTS = fileURLToPath(new URL('../../../test/conformance/certs/', import.meta.url));

interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind?: string;
  readonly shared?: true;
  readonly timestamp: number;
  readonly duration: number;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags?: Readonly<Record<string, string>>;
}

/** A collector: what was posted to it. */
class FakeCollector {
  readonly bodies: unknown[] = [];
  readonly asked: { readonly path: string; readonly fields: IncomingHttpHeaders }[] = [];
  status = 202;
  #changed = (): void => {};
  readonly server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk)).on('end', () => {
      this.asked.push({ path: request.url!, fields: request.headers });
      if (this.status < 300) this.bodies.push(JSON.parse(text));
      response.writeHead(this.status).end();
      this.#changed();
    });
  });
  get spans(): readonly ZipkinSpan[] {
    return this.bodies.flat() as ZipkinSpan[];
  }
  async until(there: () => boolean): Promise<void> {
    while (!there()) await new Promise<void>((resolve) => (this.#changed = resolve));
  }
}
async function collector(t: TestContext, port = 0): Promise<{ collector: FakeCollector; port: number }> {
  const made = new FakeCollector();
  made.server.listen(port, '127.0.0.1');
  await once(made.server, 'listening');
  t.after(() => {
    made.server.close();
    made.server.closeAllConnections();
  });
  return { collector: made, port: (made.server.address() as AddressInfo).port };
}
/** A question of one label and type A over UDP; its answer. */
function ask(port: number, label = 'a'): Promise<Buffer> {
  const name = `${String.fromCharCode(label.length)}${label}\x04test\0`;
  const packet = Buffer.from(`\x12\x34\x01\0\0\x01\0\0\0\0\0\0${name}\0\x01\0\x01`, 'latin1');
  return overUdp(port, packet);
}
async function served(t: TestContext, lines: string, plugins = standard) {
  const server = await serve(`. {\n${lines}\n}`, plugins);
  t.after(() => server.close());
  return server;
}
const fast = 'zipkin_max_batch_interval 20ms';

test('spans stand within each other as the parts called each other, and the first one says what became of the query (TRC-2)', async (t) => {
  const { collector: to, port } = await collector(t);
  const upstream = await served(t, 'whoami');
  const server = await served(t, `trace http://127.0.0.1:${port}/api/v2/spans {\n${fast}\nservice "d\u00e9j\u00e0"\n}\nlog\n`
    + `template IN A a.test {\nanswer "{{ .Name }} 60 IN CNAME b.test."\n}\nforward . 127.0.0.1:${upstream.port}`);
  await ask(server.port, 'A');
  await to.until(() => to.spans.length > 0);
  const { spans } = to;
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  assert.match(spans[0]!.traceId, /^[0-9a-f]{32}$/);
  const names = new Map(spans.map(({ id, name }) => [id, name]));
  const tree = spans.map(({ name, parentId }) => `${parentId === undefined ? '' : names.get(parentId)} > ${name}`).toSorted();
  assert.deepEqual(tree, [
    ' > servedns', 'forward > connect', 'log > template', 'log > template', 'servedns > log', 'template > forward', 'template > log',
  ]);
  const root = spans.find(({ name }) => name === 'servedns')!;
  assert.equal(root.kind, 'SERVER');
  assert.deepEqual(root.tags, {
    'coredns.io/name': 'a.test.', 'coredns.io/type': 'A', 'coredns.io/proto': 'udp', 'coredns.io/remote': '127.0.0.1',
    'coredns.io/rcode': 'NOERROR',
  });
  assert.deepEqual(spans.find(({ name }) => name === 'connect')!.tags, { 'peer.address': `127.0.0.1:${upstream.port}` });
  for (const { timestamp, duration, localEndpoint } of spans) {
    assert.equal(localEndpoint.serviceName, 'd\u00e9j\u00e0');
    assert.ok(duration >= 1 && timestamp >= root.timestamp && timestamp + duration <= root.timestamp + root.duration + 2);
  }
  assert.deepEqual(to.asked.map(({ path }) => path), ['/api/v2/spans']);
});

test('one of N is followed, and nobody where N is 0', async (t) => {
  const { collector: to, port } = await collector(t);
  const server = await served(t, `trace 127.0.0.1:${port} {\n${fast}\nevery 3\n}\nwhoami`);
  for (let i = 1; i <= 7; i++) await ask(server.port, `q${i}`);
  await to.until(() => to.spans.length >= 4);
  const roots = to.spans.flatMap(({ tags }) => tags?.['coredns.io/name'] ?? []);
  assert.deepEqual(roots.toSorted(), ['q3.test.', 'q6.test.']);
  const none = await served(t, `trace 127.0.0.1:${port} {\n${fast}\nevery 0\n}\nwhoami`);
  await ask(none.port);
  await ask(server.port, 'q8');
  await ask(server.port, 'q9');
  await to.until(() => to.spans.length >= 6);
  assert.deepEqual(to.spans.flatMap(({ tags }) => tags?.['coredns.io/name'] ?? []).toSorted(), ['q3.test.', 'q6.test.', 'q9.test.']);
});

test('why nobody answered, and which part threw', async (t) => {
  const { collector: to, port } = await collector(t);
  let throws = false;
  const failing = definePlugin({
    name: 'whoami',
    parse: () => undefined,
    create: () => ({
      async handle() {
        if (throws) throw new Error('out of order');
        return failure(5, new Error('not for you'));
      },
    }),
  });
  const plugins = standard.map((plugin) => (plugin.name === 'whoami' ? failing : plugin));
  const server = await served(t, `trace 127.0.0.1:${port} {\n${fast}\n}\nwhoami`, plugins);
  await ask(server.port);
  throws = true;
  await ask(server.port, 'b');
  await to.until(() => to.spans.length === 4);
  const tags = (name: string, question: string) => {
    const { traceId } = to.spans.find((each) => each.tags?.['coredns.io/name'] === question)!;
    return to.spans.find((span) => span.name === name && span.traceId === traceId)!.tags;
  };
  assert.deepEqual([tags('servedns', 'a.test.')!['error'], tags('servedns', 'a.test.')!['coredns.io/rcode']], ['not for you', 'REFUSED']);
  assert.equal(tags('whoami', 'a.test.'), undefined);
  assert.deepEqual([tags('servedns', 'b.test.')!['error'], tags('servedns', 'b.test.')!['coredns.io/rcode']], ['out of order', 'SERVFAIL']);
  assert.deepEqual(tags('whoami', 'b.test.'), { error: 'true' });
});

test('OpenTelemetry and Datadog get the same in their form', async (t) => {
  const { collector: to, port } = await collector(t);
  const server = await served(t, `trace otlp 127.0.0.1:${port} {\n${fast}\n}\nwhoami`);
  await ask(server.port);
  await to.until(() => to.bodies.length === 1);
  const dog = await served(t, `trace datadog 127.0.0.1:${port} {\n${fast}\n}\nwhoami`);
  await ask(dog.port);
  await to.until(() => to.bodies.length === 2);
  assert.deepEqual(to.asked.map(({ path, fields }) => [path, fields['content-type']]), [
    ['/v1/traces', 'application/json'], ['/v1/traces', 'application/json']]);
  type Otlp = { resourceSpans: [{ resource: { attributes: [{ value: { stringValue: string } }] };
    scopeSpans: [{ spans: Record<string, unknown>[] }] }] };
  const [first, second] = (to.bodies as Otlp[]).map(({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }) => {
    assert.equal(resource.attributes[0].value.stringValue, 'coredns');
    return spans;
  });
  const root = first!.find(({ name }) => name === 'servedns')!;
  const inner = first!.find(({ name }) => name === 'whoami')!;
  assert.deepEqual([root['kind'], inner['kind'], inner['parentSpanId'], root['parentSpanId']], [2, 1, root['spanId'], undefined]);
  assert.match(`${root['traceId']} ${root['startTimeUnixNano']}`, /^[0-9a-f]{32} \d{19}$/);
  const keys = (second!.find(({ name }) => name === 'servedns')!['attributes'] as { key: string }[]).map(({ key }) => key);
  assert.deepEqual(keys, ['coredns.io@name', 'coredns.io@proto', 'coredns.io@remote', 'coredns.io@type', 'coredns.io@rcode']);
});

test('a collector that is away is said once, the newest spans wait for it, and what is lost is not kept for ever', async (t) => {
  const port = await freePort();
  const server = await served(t, `trace 127.0.0.1:${port} {\n${fast}\nzipkin_max_backlog_size 4\nzipkin_max_batch_size 1\n}\nwhoami`);
  for (let i = 1; i <= 9; i++) await ask(server.port, `q${i}`);
  while (!/Spans cannot be sent/.test(server.log())) await new Promise((resolve) => setImmediate(resolve));
  const away = server.log().split('\n').filter((line) => line.includes('plugin/trace'));
  assert.equal(away.length, 1);
  const { collector: to } = await collector(t, port);
  // What waits is told before the process would end.
  await server.close();
  assert.ok(to.spans.length <= 4);
});

test('a collector that refuses is said with its status, and spans that it does not want are not sent again', async (t) => {
  const { collector: to, port } = await collector(t);
  to.status = 400;
  const server = await served(t, `trace 127.0.0.1:${port} {\n${fast}\n}\nwhoami`);
  await ask(server.port);
  while (!/HTTP status 400/.test(server.log())) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(to.asked.length, 1);
});

const said = (fields: Readonly<Record<string, string>>) => contextOf((name) => fields[name]);
const TRACE = '463ac35c9f6413ad48485a3953bb6124', SPAN = 'a2fb4a1d1a96d312', PARENT = '0020000000000001';
test('who calls says so by B3, in one field or several, or by traceparent', () => {
  const caller = { trace: TRACE, span: SPAN, parent: undefined };
  assert.deepEqual(said({ 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN.toUpperCase(), 'x-b3-sampled': '1', 'x-b3-parentspanid': PARENT }),
    { ...caller, parent: PARENT });
  assert.deepEqual(said({ b3: `${TRACE}-${SPAN}-1-${PARENT}` }), { ...caller, parent: PARENT });
  assert.deepEqual(said({ b3: `${TRACE}-${SPAN}` }), caller);
  assert.deepEqual(said({ b3: `${SPAN}-${SPAN}-d` }), { ...caller, trace: SPAN });
  assert.deepEqual(said({ traceparent: `00-${TRACE}-${SPAN}-01` }), caller);
  assert.deepEqual(said({ traceparent: `01-${TRACE}-${SPAN}-03-more` }), caller);
  for (const fields of [{ b3: '0' }, { 'x-b3-sampled': '0' }, { 'x-b3-sampled': 'false' }, { b3: `${TRACE}-${SPAN}-0` },
    { traceparent: `00-${TRACE}-${SPAN}-00` }]) assert.equal(said(fields), 'unsampled');
  for (const fields of [{}, { b3: '1' }, { b3: 'x-y-1' }, { 'x-b3-traceid': TRACE },
   { 'x-b3-traceid': '0'.repeat(32), 'x-b3-spanid': SPAN },
    { traceparent: `ff-${TRACE}-${SPAN}-01` }, { traceparent: `00-${TRACE}-${SPAN}-01-more` },
    { traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` },
    { b3: `${TRACE}"},{-${SPAN}-1` }]) assert.equal(said(fields as Record<string, string>), undefined);
});

test('whatever a caller, a name or a service is called, the text is JSON in ASCII, and spans are there as they were made', () => {
  const id = fc.stringMatching(/^[0-9a-f]{16}$/);
  const any = fc.string({ unit: 'binary' });
  fc.assert(fc.property(any, any, id, fc.constantFrom('zipkin' as const, 'otlp' as const), fc.boolean(),
    (name, service, span, form, shares) => {
      let now = 5;
      const told = { name, type: 'A', proto: 'udp', remote: '::1', rcode: 'NOERROR', error: name };
      const trace = new Trace(told, 1, () => now++, { trace: span, span, parent: undefined }, shares);
      trace.leave(trace.enter({ name: 'one' }, 0), undefined);
      trace.end();
      const { before, after } = envelope(form, service);
      const text = `${before}${spanWriter({ form, service, datadog: false, epoch: () => 1e12 })(trace)}${after}`;
      assert.match(text, /^[\x20-\x7e]*$/);
      assert.ok(JSON.stringify(JSON.parse(text)).includes(JSON.stringify(name)));
      assert.equal(JSON.parse(ascii(service)), service);
    }), { endOnFailure: true });
});

test('a question over HTTPS goes on with the trace of its request, and one that is not sampled is not followed', async (t) => {
  const { collector: to, port } = await collector(t);
  const https = await freePort();
  const server = new Spawned(`https://.:${https} {\ntls ${CERTS}cert.pem ${CERTS}key.pem\n`
    + `trace 127.0.0.1:${port} {\n${fast}\nclient_server\n}\nwhoami\n}`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const request = (headers: Record<string, string>) => new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: https, path: '/dns-query?dns=AAABAAABAAAAAAAAAWEEdGVzdAAAAQAB', rejectUnauthorized: false, headers },
      (response) => response.resume().on('end', () => resolve(response.statusCode))).on('error', reject);
  });
  assert.equal(await request({ b3: '0' }), 200);
  assert.equal(await request({ 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN, 'X-B3-Sampled': '1' }), 200);
  await to.until(() => to.spans.length >= 2);
  const root = to.spans.find(({ name }) => name === 'servedns')!;
  assert.deepEqual([root.traceId, root.id, root.shared, to.spans.length], [TRACE, SPAN, true, 2]);
  assert.equal(to.spans.find(({ name }) => name === 'whoami')!.parentId, SPAN);
});

test('what another server does for a query belongs to the same trace, over HTTPS and over gRPC, with POST and GET', async (t) => {
  const { collector: to, port } = await collector(t);
  const [https, grpc] = [await freePort(), await freePort()];
  const server = new Spawned(`https://.:${https} grpc://.:${grpc} {\ntls ${CERTS}cert.pem ${CERTS}key.pem\n`
    + `trace 127.0.0.1:${port} {\n${fast}\nservice there\n}\nwhoami\n}`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const tls = `tls ${CERTS}ca.pem\ntls_servername dns.example.test`;
  const ways = [`forward . https://127.0.0.1:${https} {\n${tls}\n}`, `forward . https://127.0.0.1:${https} {\n${tls}\ndoh_method GET\n}`,
    `grpc . 127.0.0.1:${grpc} {\n${tls}\n}`];
  for (const [i, way] of ways.entries()) {
    const front = await served(t, `trace 127.0.0.1:${port} {\n${fast}\n}\n${way}`);
    await ask(front.port, `q${i}`);
    const root = () => to.spans.find(({ localEndpoint, tags }) => localEndpoint.serviceName === 'there'
      && tags?.['coredns.io/name'] === `q${i}.test.`);
    const mine = () => to.spans.find(({ name, traceId }) => (name === 'forward' || name === 'grpc') && traceId === root()?.traceId);
    await to.until(() => mine() !== undefined);
    assert.equal(root()!.parentId, mine()!.id, way);
  }
});
