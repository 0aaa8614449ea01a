// Upstreams that are the endpoints of a Service: they come and go as its slices say, and those that were last stay when there are none, or
// nobody tells of them. No network but the scripted API's, and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { message } from '../../dns/parts.ts';
import { parseRR } from '../../dns/rr.ts';
import { FakeDatagrams } from '../../testing/fake-datagrams.ts';
import { FakeKubeApi } from '../../testing/fake-kube-api.ts';
import { freePort } from '../../testing/free-port.ts';
import { InProcess } from '../../testing/in-process.ts';
import { fc } from '../../testing/properties.ts';
import ready from '../ready/index.ts';
import forward from './index.ts';
import { readService, serviceText } from './service-name.ts';

/** Milliseconds of real time for which a change is waited for. */
const PATIENCE = 60_000;

/** A server whose upstreams answer with their own address and port. */
async function serving(t: TestContext, corefile: (api: number) => string, slices: readonly object[], api = new FakeKubeApi()) {
  const datagrams = new FakeDatagrams();
  const open = datagrams.open.bind(datagrams);
  datagrams.open = (...how) => {
    const socket = open(...how);
    const write = socket.write.bind(socket);
    socket.write = (length) => {
      queueMicrotask(() => {
        for (const { socket: from, packet } of datagrams.sent()) {
          const { id, question } = decodeMessage(packet);
          const text = `${from.to.address} ${from.to.port}`;
          const answer = [parseRR(`${question!.name.text} 60 IN TXT "${text}"`)!];
          from.deliver(encodeMessage(message({ id, flags: 0x8180, question: question!, answer }), { compress: false }));
        }
      });
      return write(length);
    };
    return socket;
  };
  await api.up();
  for (const slice of slices) api.add('endpointslices', slice as never);
  const server = new InProcess([ready, forward], datagrams);
  t.after(async () => {
    await server.close();
    await api.down();
  });
  const refused = await server.start(corefile(api.port));
  let id = 0;
  /** Who answered, or the rcode. */
  const ask = async (): Promise<string> => {
    const packet = encodeMessage(message({ id: ++id, flags: 0x100, question: { name: Name.parse(`n${id}.test`), type: 16, class: 1 } }),
      { compress: false });
    const [bytes] = await server.exchange({ packet, tcp: false, at: undefined, from: undefined, waiting: 0 });
    const { rcode, answer } = decodeMessage(bytes!);
    return answer[0] === undefined ? `rcode ${rcode}` : String.fromCharCode(...answer[0].rdata.slice(1));
  };
  /** Who answers from some time on. */
  const until = async (wanted: string): Promise<void> => {
    let got = '';
    for (const end = performance.now() + PATIENCE; (got = await ask()) !== wanted;) {
      assert.ok(performance.now() < end, `${got} answers, not ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const says = async (text: RegExp): Promise<void> => {
    for (const end = performance.now() + PATIENCE; !server.log().some((line) => text.test(line));) {
      assert.ok(performance.now() < end, `${text} is not in the log:\n${server.log().join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  return { server, api, refused, ask, until, says };
}
const line = (service: string, more = '') => (port: number) =>
  `. {\n    forward . service ${service} {\n        endpoint http://127.0.0.1:${port}\n        policy sequential\n${more}    }\n}\n`;
const DNS = [{ name: 'dns', port: 53, protocol: 'UDP' }, { name: 'dns-tcp', port: 53, protocol: 'TCP' }, { name: 'metrics', port: 9153 }];
const slice = (name: string, addresses: readonly string[], ports: readonly object[] = DNS, service = 'kube-dns') => ({
  metadata: { name, namespace: 'kube-system', labels: { 'kubernetes.io/service-name': service } }, addressType: 'IPv4', ports,
  endpoints: addresses.map((each) => ({ addresses: [each.replace('!', '')], conditions: { ready: !each.endsWith('!') } })),
});

test('the ready endpoints of a Service are asked, and others as they come and go', async (t) => {
  const slices = [slice('a', ['10.0.0.1!', '10.0.0.2']), slice('other', ['10.9.9.9'], DNS, 'other')];
  const { refused, ask, api, until } = await serving(t, line('kube-system/kube-dns'), slices);
  assert.equal(refused, undefined);
  assert.equal(await ask(), '10.0.0.2 53');
  api.update('endpointslices', slice('a', ['10.0.0.1', '10.0.0.2']));
  await until('10.0.0.1 53');
  api.add('endpointslices', slice('b', ['10.0.0.0'], [{ name: 'dns', port: 5353, protocol: 'UDP' }]));
  await until('10.0.0.0 5353');
  api.delete('endpointslices', 'kube-system/b');
  await until('10.0.0.1 53');
});

test('while the Service is empty or gone, or nobody tells of it, those that were last are asked, after a reload too', async (t) => {
  const { ask, api, until, says, server } = await serving(t, line('kube-system/kube-dns'), [slice('a', ['10.0.0.1'])]);
  assert.equal(await ask(), '10.0.0.1 53');
  api.update('endpointslices', slice('a', ['10.0.0.1!']));
  await says(/\[WARNING\] plugin\/forward: service kube-system\/kube-dns has no ready endpoint; those that it had last are asked further/);
  assert.equal(await ask(), '10.0.0.1 53');
  api.delete('endpointslices', 'kube-system/a');
  api.add('endpointslices', slice('b', ['10.0.0.3']));
  await says(/\[INFO\] plugin\/forward: service kube-system\/kube-dns has endpoints again/);
  await until('10.0.0.3 53');
  assert.equal(server.log().filter((text) => text.includes('no ready endpoint')).length, 1);
  await api.down();
  await server.elapse(60_000);
  assert.equal(await ask(), '10.0.0.3 53');
  server.rewrite(line('kube-system/kube-dns', '        max_fails 3\n')(api.port));
  assert.equal(await server.reload(), undefined);
  assert.equal(await ask(), '10.0.0.3 53');
});

test('a port is meant by name or by number; without one it is that for DNS', async (t) => {
  const ports = [{ name: 'one', port: 1053, protocol: 'UDP' }, { name: 'two', port: 2053, protocol: 'UDP' }];
  const asked = async (service: string, of: readonly object[]) => (await serving(t, line(service), [slice('a', ['10.0.0.1'], of)])).ask();
  assert.equal(await asked('kube-system/kube-dns:two', ports), '10.0.0.1 2053');
  assert.equal(await asked('kube-system/kube-dns:99', ports), '10.0.0.1 99');
  assert.equal(await asked('kube-system/kube-dns', [ports[1]!]), '10.0.0.1 2053');
  assert.equal(await asked('kube-system/kube-dns', []), '10.0.0.1 53');
  for (const [service, why] of [
    ['kube-system/kube-dns', /has ports one, two: say which one/], ['kube-system/kube-dns:three', /has no port three/],
  ] as const) {
    const { ask, says } = await serving(t, line(service), [slice('a', ['10.0.0.1'], ports)]);
    await says(why);
    assert.equal(await ask(), 'rcode 2');
  }
});

test('a server starts while the Service is not there, says so where it is asked whether it is ready, and finds it', async (t) => {
  const port = await freePort();
  const corefile = (at: number) => line('kube-system/kube-dns')(at).replace('. {\n', `. {\n    ready 127.0.0.1:${port}\n`);
  const { api, ask, until } = await serving(t, corefile, []);
  assert.equal(await ask(), 'rcode 2');
  const response = await fetch(`http://127.0.0.1:${port}/ready`);
  assert.match(await response.text(), /forward: no address is known of service kube-system\/kube-dns/);
  api.add('endpointslices', slice('a', ['fd00::1', '10.0.0.1']));
  await until('10.0.0.1 53');
});

test('a Service stands beside addresses, in the order of the words', async (t) => {
  const beside = (words: string) => (port: number) => line('a/b')(port).replace('service a/b', words);
  const first = await serving(t, beside('192.0.2.1 service kube-system/kube-dns'), [slice('a', ['10.0.0.1'])]);
  assert.equal(await first.ask(), '192.0.2.1 53');
  const second = await serving(t, beside('service kube-system/kube-dns 192.0.2.1'), [slice('a', ['10.0.0.1'])]);
  assert.equal(await second.ask(), '10.0.0.1 53');
});

test('what is no service is refused, and so is an API that nobody needs', async (t) => {
  for (const [words, text] of [
    ['service kube-system/Kube_DNS', /"kube-system\/Kube_DNS" is no service/],
    ['service kube-system/kube-dns:0', /"kube-system\/kube-dns:0" is no service/],
    ['192.0.2.1', /endpoint and kubeconfig are for `service NAMESPACE\/NAME` among the upstreams/],
  ] as const) {
    const { refused } = await serving(t, (port) => line('a/b')(port).replace('service a/b', words), []);
    assert.match(refused!, text, words);
  }
});

test('whatever stands there is a service or none, and is written as it is read', () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-z0-9:/.-]{0,20}$/), (word) => {
    const entry = readService(word);
    if (entry !== undefined) assert.equal(serviceText(entry), `service ${word}`);
  }), { endOnFailure: true });
});
