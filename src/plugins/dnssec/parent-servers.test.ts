// A zone's parent as it is asked and told: its servers by its NS records, over TCP, some of them silent; the rounds while nobody answers;
// and whom DSYNC records name (RFC 9859). Made-up servers on addresses of their own.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Frames } from '../../dns/frames.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AA, QR, TC, message } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { parseRR, record } from '../../dns/rr.ts';
import { CLASS, TYPE, typeName } from '../../dns/type-name.ts';
import { ParentRounds } from '../../authority/zone-keys/parent-rounds.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { ParentServers } from './parent-servers.ts';

const ZONE = Name.parse('child.example.org.');
const DS = `${ZONE.text} 3600 IN DS 1 13 2 ${'AB'.repeat(32)}`;
/** What is answered to `NAME TYPE`: lines of records, or how else; undefined says nothing at all. */
type Table = (question: string, over: 'udp' | 'tcp') => readonly string[] | Partial<Parts> | undefined;

/** A server at an address, over UDP and TCP; what it was asked. */
async function serverAt(t: TestContext, address: string, port: number, table: Table): Promise<string[]> {
  const asked: string[] = [];
  const reply = (bytes: Uint8Array, over: 'udp' | 'tcp'): Uint8Array | undefined => {
    const { id, question, opcode } = decodeMessage(bytes);
    const what = `${opcode === OPCODE.NOTIFY ? 'NOTIFY ' : ''}${question!.name.folded.text} ${typeName(question!.type)}`;
    asked.push(`${over} ${what}`);
    const found = table(what, over);
    if (found === undefined) return undefined;
    const parts: Partial<Parts> = 'map' in found ? { answer: found.map((line) => parseRR(line)!) } : found;
    return encodeMessage(message({ id, opcode, flags: QR | AA, question: question!, ...parts }), { compress: true });
  };
  const udp = createSocket('udp4');
  udp.on('message', (bytes, from) => {
    const packet = reply(bytes, 'udp');
    if (packet !== undefined) udp.send(packet, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, address, resolve));
  const tcp = createServer((socket) => {
    const frames = new Frames();
    socket.on('error', () => {}).on('data', (chunk) => {
      frames.push(chunk);
      while (frames.next()) {
        const packet = reply(frames.bytes.slice(frames.at, frames.at + frames.length), 'tcp');
        if (packet !== undefined) socket.end(Buffer.concat([Buffer.of(packet.length >> 8, packet.length), packet]));
      }
    });
  });
  await new Promise<void>((resolve) => tcp.listen(port, address, resolve));
  t.after(() => {
    udp.close();
    tcp.close();
  });
  return asked;
}
/** What a promise resolves with while time passes. */
async function inTime<T>(clock: FakeClock, promise: Promise<T>, step = 500): Promise<T> {
  let isOver = false;
  void promise.finally(() => (isOver = true));
  for (let i = 0; i < 400 && !isOver; i++) {
    await clock.elapse(step);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(isOver);
  return promise;
}
/** A resolver that knows the parent's servers. */
const RESOLVED: Readonly<Record<string, readonly string[]>> = {
  'example.org. NS': ['example.org. 60 IN NS ns1.example.org.', 'example.org. 60 IN NS ns2.example.org.'],
  'ns1.example.org. A': ['ns1.example.org. 60 IN A 127.0.0.2'],
  'ns2.example.org. A': ['ns2.example.org. 60 IN A 127.0.0.4', 'ns2.example.org. 60 IN A 127.0.0.3'],
};

test('the servers that the parent names are asked, each by whichever address answers, over TCP where that is needed', async (t) => {
  const port = await freePort();
  const clock = new FakeClock();
  const servers = new ParentServers({ servers: [], resolvers: [{ address: '127.0.0.1', port }] }, clock, port);
  await serverAt(t, '127.0.0.1', port, (question) => RESOLVED[question] ?? []);
  const first = await serverAt(t, '127.0.0.2', port, (_, over) => (over === 'udp' ? { flags: QR | AA | TC } : [DS]));
  const silent = await serverAt(t, '127.0.0.4', port, () => undefined);
  const second = await serverAt(t, '127.0.0.3', port, () => []);
  const shown = await inTime(clock, servers.shown(ZONE));
  assert.deepEqual(shown.map((one) => one && [one.ds.length, one.ttl]), [[1, 3600], [0, 0]]);
  assert.deepEqual(new Set(first), new Set(['udp child.example.org. DS', 'tcp child.example.org. DS']));
  assert.ok(silent.length >= 3);
  assert.deepEqual(new Set(second), new Set(['udp child.example.org. DS']));
});

test('who is lame or fails says nothing; a name without NS is no parent; and where nobody resolves, nobody says anything', async (t) => {
  const port = await freePort();
  const clock = new FakeClock();
  await serverAt(t, '127.0.0.1', port, (question) => (question === 'org. NS' ? ['org. 60 IN NS ns1.example.org.'] : RESOLVED[question]
    ?? (question === 'ns1.example.org. AAAA' ? { rcode: RCODE.SERVFAIL } : [])));
  let flags = QR;
  await serverAt(t, '127.0.0.2', port, () => ({ flags, answer: [parseRR(DS)!] }));
  const deep = Name.parse('a.b.org.');
  const resolver = { address: '127.0.0.1', port };
  const servers = new ParentServers({ servers: [], resolvers: [resolver] }, clock, port);
  assert.deepEqual(await inTime(clock, servers.shown(deep)), [undefined]);
  flags = QR | AA;
  assert.deepEqual(await inTime(clock, servers.shown(deep)), [{ ds: [], ttl: 0 }], 'the DS is of another name');
  const alone = new ParentServers({ servers: [], resolvers: [{ address: '127.0.0.5', port }] }, clock, port);
  assert.deepEqual(await inTime(clock, alone.shown(deep)), [undefined]);
});

test('while nobody answers rounds come less and less often, up to an hour; then as often as the TTL wants', async () => {
  const clock = new FakeClock();
  const begun = clock.monotonic();
  const times: number[] = [];
  let ttl: number | undefined;
  const rounds = new ParentRounds(clock, async () => {
    times.push((clock.monotonic() - begun) / 1000);
    return ttl;
  });
  rounds.begin();
  for (let minute = 0; minute < 600; minute++) await clock.elapse(60_000);
  const waits = times.map((time, i) => time - (times[i - 1] ?? 0)).slice(1);
  for (const [i, wait] of waits.entries()) {
    const wanted = Math.min(3600, 60 * 2 ** i);
    assert.ok(wait >= wanted * 0.9 - 1 && wait <= wanted * 1.1 + 1, `${i}: ${wait}`);
  }
  assert.ok(times.length > 8 && times.length < 20, String(times.length));
  ttl = 1200;
  for (let minute = 0; minute < 120; minute++) await clock.elapse(60_000);
  const before = times.length;
  for (let minute = 0; minute < 60; minute++) await clock.elapse(60_000);
  assert.ok(times.length - before >= 10 && times.length - before <= 14, String(times.length - before));
  rounds.end();
  const last = times.length;
  for (let minute = 0; minute < 60; minute++) await clock.elapse(60_000);
  assert.equal(times.length, last);
});

/** DSYNC records (RFC 9859): type, scheme, port, target. */
const dsync = (owner: string, port: number, target: string, type: number = TYPE.CDS, scheme = 1) =>
  record(Name.parse(owner), 66, CLASS.IN, 60, Uint8Array.of(type >> 8, type, scheme, port >> 8, port, ...Name.parse(target).octets));
const soa = (owner: string) => parseRR(`${owner} 60 IN SOA ns.${owner} h.${owner} 1 2 3 4 5`)!;

for (const [what, found] of [
  ['child._dsync.example.org.', {}],
  ['child.example._dsync.org.', { 'child._dsync.example.org. TYPE66': { rcode: RCODE.NXDOMAIN, authority: [soa('org.')] } }],
  ['_dsync.org.', {
    'child._dsync.example.org. TYPE66': { authority: [soa('org.')] }, 'child.example._dsync.org. TYPE66': { rcode: RCODE.NXDOMAIN },
  }],
  ['_dsync.example.org.', { 'child._dsync.example.org. TYPE66': { authority: [soa('example.org.')] } }],
] as const) {
  test(`whom ${what} names is told of CDS, again where nothing comes back`, async (t) => {
    const port = await freePort();
    const clock = new FakeClock();
    let silent = true;
    const asked = await serverAt(t, '127.0.0.1', port, (question) => {
      if (question.startsWith('NOTIFY ')) return silent ? undefined : [];
      if (question === `${what} TYPE66`) {
        const others = [dsync(what, 9, 'other.test.', TYPE.CSYNC), dsync(what, 9, 'odd.test.', TYPE.CDS, 7)];
        return { answer: [...others, dsync(what, port, 'ns.test.')] };
      }
      return question === 'ns.test. A' ? ['ns.test. 60 IN A 127.0.0.1'] : (found as Record<string, Partial<Parts>>)[question] ?? [];
    });
    const servers = new ParentServers({ servers: [], resolvers: [{ address: '127.0.0.1', port }], notifies: true }, clock, port);
    const told = servers.changed(ZONE)!;
    const notes = () => asked.filter((one) => one.includes('NOTIFY'));
    for (let i = 0; i < 400 && silent; i++) {
      await clock.elapse(500);
      await new Promise((resolve) => setTimeout(resolve, 10));
      silent = notes().length < 3;
    }
    assert.equal(await inTime(clock, told), `ns.test. port ${port} was told of its CDS`);
    assert.deepEqual(new Set(notes()), new Set(['udp NOTIFY child.example.org. CDS']));
  });
}

test('nobody is told where that is not wished for; nobody is named; and a later change ends the tries of an earlier one', async (t) => {
  const port = await freePort();
  const clock = new FakeClock();
  const asked = await serverAt(t, '127.0.0.1', port, (question) => (question.startsWith('NOTIFY') ? undefined : []));
  const lines = { servers: [], resolvers: [{ address: '127.0.0.1', port }] };
  assert.equal(new ParentServers(lines, clock, port).changed(ZONE), undefined);
  const servers = new ParentServers({ ...lines, notifies: true }, clock, port);
  const ended: string[] = [];
  const first = servers.changed(ZONE)!.then((text) => ended.push(`first: ${text}`));
  await inTime(clock, Promise.all([first, servers.changed(ZONE)!.then((text) => ended.push(`second: ${text}`))]), 10_000);
  const nobody = 'its parent names nobody who is to be told of its CDS';
  assert.deepEqual(ended, [`first: ${nobody}`, `second: ${nobody}`]);
  assert.ok(asked.length > 0 && !asked.some((one) => one.includes('NOTIFY')));
});
