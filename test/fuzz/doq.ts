// Any octets on streams of DNS over QUIC, ended, reset or left open, and any datagrams beside them, also with what a proxy may say in
// front: whoever asks properly afterwards is answered, and the library has not panicked. Knows what must hold; a server is kept for all
// cases.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { ProxyRules } from '../../src/kernel/query/proxy-setting.ts';
import { fc } from '../../src/testing/properties.ts';
import { QuicBlocks, signed } from '../../src/testing/conformance/quic-blocks.ts';
import { quicAddon, quicClient } from '../../src/testing/conformance/quic-client.ts';
import type { QuicClient } from '../../src/testing/conformance/quic-client.ts';
import { QuicRig } from '../../src/testing/conformance/quic-rig.ts';
import { framed } from '../../src/testing/conformance/transport-clients.ts';
import { question } from '../../src/testing/conformance/transport-service.ts';
import { doq as transport } from '../../src/transport/doq.ts';
import { proxyHead } from './proxy.ts';
import { target } from './target.ts';

const words = ['now', 'later', 'early', 'never', 'hold', 'size3000', 'stream', 'broken'] as const;
const changed = fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 3 });
const message = fc.tuple(fc.constantFrom(...words), changed).map(([word, changes]) => {
  const bytes = Buffer.from(framed(question(0, `${word}.test`)));
  for (const [at, to] of changes) bytes[at % bytes.length] = to;
  return bytes;
});
const large = fc.uint8Array({ minLength: 65_530, maxLength: 65_545, size: 'max' });
const bytes = fc.oneof(message, message, fc.uint8Array({ maxLength: 80 }), large);
const step = fc.oneof(
  fc.record({ what: fc.constantFrom('whole', 'open', 'reset', 'stop', 'both', 'pieces', 'oneWay'), bytes }),
  fc.record({ what: fc.constant('datagram'), bytes: fc.oneof(proxyHead, fc.uint8Array({ maxLength: 1400, size: 'max' })) }),
);

let rig: QuicRig | undefined;
const junk = createSocket('udp4').unref();
async function serving(): Promise<QuicRig> {
  if (rig !== undefined) return rig;
  const proxy: ProxyRules = { at: { file: 'Corefile', line: 1 }, allow: [], others: 'use', kept: 1000, sessions: 4, refused() {} };
  rig = new QuicRig(new QuicBlocks([signed({ names: ['a.test'] })], { proxy }));
  rig.service.timeouts = { ...rig.service.timeouts, read: 3000 };
  await rig.bench.listen(transport(rig.ports, { every: 20 }));
  return rig;
}
function act({ connection }: QuicClient, { what, bytes: sent }: { readonly what: string; readonly bytes: Uint8Array }, port: number): void {
  if (what === 'datagram') return junk.send(sent, port, '127.0.0.1');
  const stream = connection.open(what === 'oneWay');
  if (stream < 0) return;
  const size = 1 + (sent.length >> 4);
  if (what === 'pieces') {
    for (let i = 0; i < sent.length; i += size) connection.send(stream, sent, i, Math.min(size, sent.length - i), false);
  } else connection.send(stream, sent, 0, sent.length, what === 'whole' || what === 'stop');
  if (what === 'reset' || what === 'both') connection.reset(stream, 3);
  if (what === 'stop' || what === 'both') connection.stop(stream, 3);
}

/** Streams and datagrams of any kind. */
export const doq = target('doq', 60, fc.array(step, { maxLength: 12 }), async (steps) => {
  if (typeof quicAddon === 'string') return;
  const { port, service, counts } = await serving();
  const client = await quicClient('127.0.0.1', port);
  for (const each of steps) {
    act(client, each, port);
    if (each.bytes.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const other = await quicClient('127.0.0.1', port);
  other.send(question(7, 'now.test'));
  await other.replies(1);
  service.release();
  client.close();
  other.close();
  assert.equal(counts.panics, 0);
});
/** Ends the server. */
export async function ended(): Promise<void> {
  junk.close();
  await rig?.close();
}
