// Upstreams whose line has their names: looked up when the server starts and when the TTL ends, by resolvers or through this server's own
// blocks, with what was known kept meanwhile. No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { message } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { parseRR } from '../../dns/rr.ts';
import { FakeDatagrams } from '../../testing/fake-datagrams.ts';
import type { FakeSocket } from '../../testing/fake-datagrams.ts';
import { freePort } from '../../testing/free-port.ts';
import { InProcess } from '../../testing/in-process.ts';
import hosts from '../hosts/index.ts';
import ready from '../ready/index.ts';
import forward from './index.ts';

/** The resolver of these tests; every other address is an upstream, which answers with its own address. */
const RESOLVER = '192.0.2.1';

/** A server whose datagrams are answered: names by `records`, `NAME TTL TYPE ADDRESS`; where that is undefined the resolver is mute. */
async function serving(t: TestContext, corefile: string, records: readonly string[] | undefined) {
  const datagrams = new FakeDatagrams();
  const open = datagrams.open.bind(datagrams);
  datagrams.open = (...how) => {
    const socket = open(...how);
    const write = socket.write.bind(socket);
    socket.write = (length) => {
      queueMicrotask(() => datagrams.sent().forEach(reply));
      return write(length);
    };
    return socket;
  };
  const server = new InProcess([ready, hosts, forward], datagrams);
  const state = { records, looked: 0, mute: new Set<string>(), asked: [] as string[] };
  const reply = ({ socket, packet }: { socket: FakeSocket; packet: Uint8Array }): void => {
    const { address } = socket.to;
    const asked = decodeMessage(packet);
    const { name, type } = asked.question!;
    const answer = (change: Partial<Parts>) => socket.deliver(encodeMessage(message({
      id: asked.id, flags: 0x8180, question: { name, type, class: 1 }, ...change,
    }), { compress: false }));
    if (address === RESOLVER) {
      state.looked++;
      if (state.records === undefined) return;
      answer({ answer: state.records.map((text) => parseRR(text)!).filter((rr) => rr.type === type && rr.name.equals(name)) });
    } else {
      state.asked.push(address);
      if (!state.mute.has(address)) answer({ answer: [parseRR(`${name.text} 60 IN TXT "${address}"`)!] });
    }
  };
  t.after(() => server.close());
  const refused = await server.start(corefile);
  let id = 0;
  const exchange = async (name = `n${id}.test`, waiting = 0) => {
    const question = { name: Name.parse(name), type: 16, class: 1 };
    const packet = encodeMessage(message({ id: ++id, flags: 0x100, question }), { compress: false });
    const [bytes] = await server.exchange({ packet, tcp: false, at: undefined, from: undefined, waiting });
    return decodeMessage(bytes!);
  };
  /** Who answered, or the rcode. */
  const ask = async (name?: string, waiting = 0) => {
    const { rcode, answer } = await exchange(name, waiting);
    return answer[0] === undefined ? `rcode ${rcode}` : String.fromCharCode(...answer[0].rdata.slice(1));
  };
  return { server, state, refused, ask };
}
const line = (resolver: string, more = '', to = 'dns.example.org') =>
  `. {\n    forward . ${to} {\n        resolver ${resolver}\n        policy sequential\n${more}    }\n}\n`;

test('a name is looked up again when its TTL ends; addresses come and go', async (t) => {
  const { server, state, ask, refused } = await serving(t, line(RESOLVER), ['dns.example.org. 30 IN A 192.0.2.10']);
  assert.equal(refused, undefined);
  assert.equal(await ask(), '192.0.2.10');
  assert.equal(state.looked, 2);
  state.records = ['dns.example.org. 30 IN A 192.0.2.11'];
  await server.elapse(29_000);
  assert.equal(state.looked, 2);
  assert.equal(await ask(), '192.0.2.10');
  await server.elapse(2000);
  assert.equal(state.looked, 4);
  assert.equal(await ask(), '192.0.2.11');
  state.records = ['dns.example.org. 30 IN A 192.0.2.12', 'dns.example.org. 30 IN A 192.0.2.11'];
  await server.elapse(30_000);
  assert.equal(await ask(), '192.0.2.12');
});

test('while the resolver is silent or has none, the last addresses stay, which is said once', async (t) => {
  const { server, state, ask } = await serving(t, line(RESOLVER), ['dns.example.org. 5 IN A 192.0.2.10']);
  state.records = undefined;
  await server.elapse(60_000);
  assert.equal(await ask(), '192.0.2.10');
  state.records = [];
  await server.elapse(60_000);
  assert.equal(await ask(), '192.0.2.10');
  const said = server.log().filter((text) => text.includes('failed to resolve "dns.example.org"'));
  assert.equal(said.length, 1, said.join('\n'));
  state.records = ['dns.example.org. 5 IN A 192.0.2.11'];
  await server.elapse(31_000);
  assert.equal(await ask(), '192.0.2.11');
});

test('of an alias the shortest TTL counts, and one of 0 is a second', async (t) => {
  const { server, state } = await serving(t, line(RESOLVER), ['dns.example.org. 0 IN A 192.0.2.10']);
  await server.elapse(10_500);
  assert.equal(state.looked, 22);
});

test('without `later` a server whose names cannot be looked up does not start; with it the names come when they can', async (t) => {
  const refusing = await serving(t, line(RESOLVER), []);
  assert.equal(refusing.refused, 'plugin/forward: failed to resolve "dns.example.org": no addresses found for "dns.example.org"');
  const { refused, ask, state, server } = await serving(t, line(`${RESOLVER} later`), undefined);
  assert.equal(refused, undefined);
  assert.equal(await ask(undefined, 3000), 'rcode 2');
  state.records = ['dns.example.org. 30 IN A 192.0.2.10'];
  await server.elapse(20_000);
  assert.equal(await ask(), '192.0.2.10');
});

test('a question that comes while the first look-up is under way waits for it', async (t) => {
  const { ask } = await serving(t, line(`${RESOLVER} later`), undefined);
  const asked = ask(undefined, 2500);
  assert.equal(await asked, 'rcode 2');
  const other = await serving(t, line(`${RESOLVER} later`), ['dns.example.org. 30 IN A 192.0.2.10']);
  assert.equal(await other.ask(undefined, 1000), '192.0.2.10');
});

test('after a reload with `later` the last addresses are there at once', async (t) => {
  const { server, state, ask } = await serving(t, line(`${RESOLVER} later`), ['dns.example.org. 30 IN A 192.0.2.10']);
  assert.equal(await ask(undefined, 1000), '192.0.2.10');
  state.records = undefined;
  server.rewrite(line(`${RESOLVER} later`, '        max_fails 3\n'));
  assert.equal(await server.reload(), undefined);
  assert.equal(await ask(), '192.0.2.10');
});

const SELF = (rest: string) => `. {\n    forward . dns.internal {\n        resolver self\n    }\n}\n${rest}`;
test('resolver self asks this server\'s other blocks, and again when their TTL ends', async (t) => {
  const internal = `internal {\n    forward . ${RESOLVER} {\n        prefer_udp\n    }\n}\n`;
  const { ask, refused, state, server } = await serving(t, SELF(internal), ['dns.internal. 30 IN A 192.0.2.10']);
  assert.equal(refused, undefined);
  assert.equal(await ask(undefined, 1000), '192.0.2.10');
  state.records = ['dns.internal. 30 IN AAAA 2001:db8::10'];
  await server.elapse(31_000);
  assert.equal(await ask(), '2001:db8::10');
  const files = await serving(t, SELF('internal {\n    hosts {\n        192.0.2.20 dns.internal\n    }\n}\n'), []);
  assert.equal(await files.ask(undefined, 1000), '192.0.2.20');
});

test('a line that would be asked for the name that it needs is refused at load', async (t) => {
  const own = await serving(t, SELF(''), []);
  assert.equal(own.refused, 'plugin/forward: resolver self: "dns.internal" would be asked of the line itself');
  const other = 'internal {\n    forward . dns.example.org {\n        resolver self\n    }\n}\n';
  const two = await serving(t, SELF(other), []);
  assert.equal(two.refused, 'plugin/forward: resolver self: "dns.internal" would be asked of the line itself');
  const nobody = await serving(t, 'example.org {\n    forward . dns.internal {\n        resolver self\n    }\n}\n', []);
  assert.equal(nobody.refused, 'plugin/forward: resolver self: no block of this server has "dns.internal"');
});

test('of a name with both families the other one is asked second, and IPv6 first (RFC 8305)', async (t) => {
  const records = [1, 2].flatMap((i) => [`dns.example.org. 30 IN AAAA 2001:db8::${i}`, `dns.example.org. 30 IN A 192.0.2.1${i}`]);
  const { ask, state } = await serving(t, line(RESOLVER), records);
  state.mute.add('2001:db8::1').add('2001:db8::2');
  assert.equal(await ask(undefined, 2000), '192.0.2.11');
  assert.deepEqual(state.asked, ['2001:db8::1', '192.0.2.11']);
  for (let i = 0; i < 8; i++) {
    const drawn = await serving(t, line(RESOLVER).replace('sequential', 'random'), records);
    drawn.state.mute = state.mute;
    assert.match(await drawn.ask(undefined, 2000), /^192\.0\.2\.1[12]$/);
    const [first, second] = drawn.state.asked;
    assert.ok(second === undefined || first!.includes(':') !== second.includes(':'), `${drawn.state.asked}`);
  }
});

test('ready says which names have no address yet', async (t) => {
  const port = await freePort();
  const { server } = await serving(t, line(`${RESOLVER} later`).replace('. {\n', `. {\n    ready 127.0.0.1:${port}\n`), undefined);
  await server.elapse(5000);
  assert.match(server.log().join('\n'), /\[WARNING\] plugin\/forward: failed to resolve "dns\.example\.org"/);
  const response = await fetch(`http://127.0.0.1:${port}/ready`);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /forward: no address is known of dns\.example\.org/);
});
