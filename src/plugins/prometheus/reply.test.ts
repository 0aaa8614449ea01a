// What clients get for the headers that they send: each format, read again by a reader of its own, compressed or not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { freePort } from '../../testing/free-port.ts';
import { counter, gauge, histogram, Metrics } from '../../kernel/seen/metrics.ts';
import whoami from '../whoami/index.ts';
import { chooseFormat } from './accept.ts';
import { gather } from './gathered.ts';
import prometheus from './index.ts';
import { exposeProtobuf } from './protobuf.ts';
import { replyTo } from './reply.ts';

const PROTOBUF = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

test('the format is what the client likes best of what is there', () => {
  const cases: readonly (readonly [accept: string | undefined, type: string])[] = [
    [undefined, TEXT], ['', TEXT], ['*/*', TEXT], ['text/*', TEXT], ['application/*', OPEN],
    ['image/png', TEXT], ['text/html, */*;q=0.1', TEXT],
    ['text/plain', TEXT], ['text/plain;version=0.0.4;q=0.5,*/*;q=0.1', TEXT], ['text/plain;version=1.0.0', TEXT],
    ['application/openmetrics-text', OPEN], ['application/openmetrics-text; version=1.0.0; charset=utf-8', OPEN],
    ['Application/OpenMetrics-Text;VERSION="1.0.0"', OPEN], ['application/openmetrics-text;version=2.0.0,text/plain', TEXT],
    ['application/openmetrics-text;version=0.0.1', 'application/openmetrics-text; version=0.0.1; charset=utf-8'],
    // Prometheus 2 and 3 as they come, and with native histograms.
    ['application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5,*/*;q=0.1',
      OPEN],
    ['application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.1',
      OPEN],
    ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;version=0.0.4;q=0.3', PROTOBUF],
    ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4', TEXT],
    ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text,text/plain;q=0.3', TEXT],
    ['application/vnd.google.protobuf;proto=other;encoding=delimited,application/openmetrics-text;q=0.1', OPEN],
    ['text/plain;q=0,*/*', OPEN], ['text/plain;q=0,application/openmetrics-text;q=0.2', OPEN], ['text/plain;q=x,application/*;q=1', OPEN],
  ];
  for (const [accept, type] of cases) assert.equal(chooseFormat(accept).type, type, accept);
});

/** Fields of a message by their numbers: numbers, doubles and octets as they stand. */
function fields(bytes: Uint8Array): [field: number, value: number | Uint8Array][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const octet = view.getUint8(at++);
      value += (octet & 127) * factor;
      if (octet < 128) return value;
      factor *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    assert.ok(wire <= 2, `wire type ${wire}`);
    if (wire === 0) found.push([tag >> 3, varint()]);
    else if (wire === 1) {
      found.push([tag >> 3, view.getFloat64(at, true)]);
      at += 8;
    } else {
      const size = varint();
      assert.ok(at + size <= bytes.length);
      found.push([tag >> 3, bytes.subarray(at, (at += size))]);
    }
  }
  return found;
}
/** Messages behind their lengths: each is what a field would hold. */
function delimited(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    let [size, factor] = [0, 1];
    for (let octet = 128; octet >= 128; factor *= 128) size += ((octet = bytes[at++]!) & 127) * factor;
    messages.push(bytes.subarray(at, (at += size)));
  }
  return messages;
}
const all = (bytes: Uint8Array, field: number) =>
  fields(bytes).filter(([number]) => number === field).map(([, value]) => value as Uint8Array);
const one = (bytes: Uint8Array, field: number) => fields(bytes).find(([number]) => number === field)?.[1];
const words = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

test('protocol buffers hold names, labels, numbers and buckets', () => {
  const metrics = new Metrics();
  metrics.values[metrics.family(counter('z_total', 'Naïve.', ['kind', 'a'])).cell(['x"', 'é'])] = 2 ** 40;
  metrics.family(gauge('a_gauge', 'A gauge.'));
  const sizes = metrics.family(histogram('sizes', 'Sizes.', [], [0, 0.5, 100]));
  for (const size of [0.25, 7, 1e6]) sizes.observe(sizes.cell([]), size);
  metrics.values[sizes.cell([])]! += 300;
  const [theGauge, theHistogram, theCounter] = delimited(exposeProtobuf(gather(metrics)));
  assert.deepEqual([theGauge, theHistogram, theCounter].map((family) => [words(one(family!, 1)), words(one(family!, 2)), one(family!, 3)]),
    [['a_gauge', 'A gauge.', 1], ['sizes', 'Sizes.', 4], ['z_total', 'Naïve.', 0]]);
  assert.equal(one(one(one(theGauge!, 4) as Uint8Array, 2) as Uint8Array, 1), 0);
  const metric = one(theCounter!, 4) as Uint8Array;
  assert.deepEqual(all(metric, 1).map((pair) => [words(one(pair, 1)), words(one(pair, 2))]), [['a', 'é'], ['kind', 'x"']]);
  assert.equal(one(one(metric, 3) as Uint8Array, 1), 2 ** 40);
  const counted = one(one(theHistogram!, 4) as Uint8Array, 7) as Uint8Array;
  assert.deepEqual([one(counted, 1), one(counted, 2)], [303, 1000007.25]);
  assert.deepEqual(all(counted, 3).map((bucket) => [one(bucket, 1), one(bucket, 2)]), [[300, 0], [301, 0.5], [302, 100]]);
});

test('what is large is compressed where the client says so', async () => {
  const metrics = new Metrics();
  const family = metrics.family(counter('z_total', 'Many.', ['number']));
  for (let i = 0; i < 200; i++) metrics.values[family.cell([String(i)])] = i;
  const plain = await replyTo(metrics, { headers: new Map() });
  assert.equal(plain.headers, undefined);
  for (const encoding of ['gzip', 'deflate, GZIP;q=0.5', '*', 'br;q=1, *;q=0.1']) {
    const reply = await replyTo(metrics, { headers: new Map([['accept-encoding', encoding]]) });
    assert.deepEqual(reply.headers, { 'Content-Encoding': 'gzip' }, encoding);
    assert.deepEqual(gunzipSync(reply.body as Uint8Array), plain.body);
  }
  for (const encoding of ['identity', 'gzip;q=0', 'gzip;q=0, *', 'br', '']) {
    const reply = await replyTo(metrics, { headers: new Map([['accept-encoding', encoding]]) });
    assert.deepEqual(reply.body, plain.body, encoding);
  }
});

test('a server that was asked says the same in every format', async () => {
  const port = await freePort();
  const server = new InProcess([prometheus, whoami]);
  assert.equal(await server.start(`. {\n prometheus 127.0.0.1:${port}\n whoami\n}\n`), undefined);
  await server.ask(parseAsk('a.test. A'));
  const get = async (accept: string) => {
    const reply = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
    assert.equal(reply.status, 200);
    return { type: reply.headers.get('content-type'), body: new Uint8Array(await reply.arrayBuffer()) };
  };
  const text = await get('*/*');
  const open = await get('application/openmetrics-text;version=1.0.0');
  const protobuf = await get('application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,*/*;q=0.3');
  await server.close();
  assert.deepEqual([text.type, open.type, protobuf.type], [TEXT, OPEN, PROTOBUF]);
  assert.match(words(text.body), /^coredns_dns_requests_total\{.*type="A".*\} 1$/m);
  assert.match(words(open.body), /^# TYPE coredns_dns_requests counter$.*^coredns_dns_requests_total\{.*type="A".*\} 1$.*^# EOF\n$/ms);
  const names = delimited(protobuf.body).map((family) => words(one(family, 1)));
  assert.deepEqual(names, [...words(text.body).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
});
