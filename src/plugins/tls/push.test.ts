// DNS Push Notifications (RFC 8765) over TLS, with real sockets and a client that is written from the RFCs' text alone: its octets here are
// put together and read by hand. Knows a process and messages.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import { TYPE } from '../../dns/type-name.ts';
import { Authority } from '../../testing/certificates.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import { Spawned } from '../../testing/spawned.ts';

/** RFC 8490 section 10.3, RFC 8765 section 9. */
const KEEPALIVE = 1, RETRY_DELAY = 2, PADDING = 3, SUBSCRIBE = 0x40, PUSH = 0x41, UNSUBSCRIBE = 0x42, RECONFIRM = 0x43;
/** The header of what is pushed. */
const PUSHED = '000030000000000000000000';
const { A, TXT, AAAA, ANY } = TYPE;

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const nameOf = (text: string): Buffer =>
  Buffer.concat([...text.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.of(0)]);
const tlv = (type: number, data: Buffer): Buffer => Buffer.concat([u16(type), u16(data.length), data]);
const dso = (id: number, ...values: readonly Buffer[]): Buffer =>
  Buffer.concat([u16(id), Buffer.from([6 << 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]), ...values]);
const question = (name: string, type: number, of = 1): Buffer => Buffer.concat([nameOf(name), u16(type), u16(of)]);
/** A message as a line: `RCODE of ID`, or what is pushed. */
function shown(message: Buffer): string {
  assert.equal((message[2]! >> 3) & 15, 6);
  assert.ok(message.subarray(4, 12).every((each) => each === 0), 'all counts are 0');
  const isResponse = (message[2]! & 0x80) !== 0;
  const said: string[] = [];
  for (let at = 12; at < message.length;) {
    const type = message.readUInt16BE(at), end = at + 4 + message.readUInt16BE(at + 2);
    const data = message.subarray(at + 4, end);
    if (type === KEEPALIVE) said.push(`keepalive ${data.readUInt32BE(0)} ${data.readUInt32BE(4)}`);
    else if (type === RETRY_DELAY) said.push(`retry ${data.readUInt32BE(0)}`);
    else if (type === PUSH) said.push(...records(data));
    else said.push(`value ${type}`);
    at = end;
  }
  const head = isResponse ? [`${message[3]! & 15} of ${message.readUInt16BE(0)}`] : [];
  if (!isResponse) assert.equal(message.readUInt16BE(0), 0);
  return [...head, ...said].join(', ');
}
function records(data: Buffer): string[] {
  const all: string[] = [];
  for (let at = 0; at < data.length;) {
    const labels: string[] = [];
    for (; data[at] !== 0; at += 1 + data[at]!) labels.push(data.toString('latin1', at + 1, at + 1 + data[at]!));
    const [type, of, length] = [data.readUInt16BE(at + 1), data.readUInt16BE(at + 3), data.readUInt16BE(at + 9)];
    const ttl = data.readUInt32BE(at + 5);
    const rdata = data.subarray(at + 11, at + 11 + length);
    const what = ttl === 0xffffffff ? 'gone' : ttl === 0xfffffffe ? 'all gone' : String(ttl);
    all.push([labels.join('.'), type, of, what, ...length === 0 ? [] : [type === A ? rdata.join('.') : rdata.toString('hex')]].join(' '));
    at += 11 + length;
  }
  return all;
}

/** A client. */
class Client {
  readonly socket: net.Socket;
  readonly messages: Buffer[] = [];
  isClosed = false;
  #rest = Buffer.alloc(0);

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (let length = 0; this.#rest.length >= 2 && this.#rest.length >= 2 + (length = this.#rest.readUInt16BE(0));) {
        this.messages.push(this.#rest.subarray(2, 2 + length));
        this.#rest = this.#rest.subarray(2 + length);
      }
    }).on('error', () => {}).on('close', () => {
      this.isClosed = true;
    });
  }
  send(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages.flatMap((each) => [u16(each.length), each])));
  }
  subscribe(id: number, name: string, type: number, of?: number): void {
    this.send(dso(id, tlv(SUBSCRIBE, question(name, type, of))));
  }
  /** The next message. */
  async raw(): Promise<Buffer> {
    await eventually(() => this.messages.length > 0 || this.isClosed, 'a message came');
    return this.messages.shift() ?? assert.fail('the connection is closed');
  }
  async next(): Promise<string> {
    return shown(await this.raw());
  }
  closed(): Promise<void> {
    return eventually(() => this.isClosed, 'it is closed');
  }
}

/** A server that answers from a file of hosts. */
async function served(t: TestContext, more = '') {
  const folder = mkdtempSync(join(tmpdir(), 'dso-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = new Authority();
  const { cert, key } = authority.sign({ names: ['dns.test'] });
  for (const [name, text] of [['cert.pem', cert], ['key.pem', key]] as const) writeFileSync(join(folder, name), text);
  const write = (text: string): void => {
    writeFileSync(join(folder, 'hosts.new'), text);
    renameSync(join(folder, 'hosts.new'), join(folder, 'hosts'));
  };
  write('192.0.2.1 web.test\n192.0.2.9 other.test\n');
  writeFileSync(join(folder, 'zone'), 'test. 60 IN SOA ns hostmaster 1 60 60 60 60\n'
    + 'both.test. 60 IN TXT "one"\nboth.test. 60 IN A 192.0.2.7\nalias.test. 60 IN CNAME both.test.\n'
    + Array.from({ length: 1500 }, (_, i) => `many.test. 60 IN A 10.1.${i >> 8}.${i & 255}\n`).join(''));
  const [port, plain, clear] = [await freePort(), await freePort(), await freePort()];
  const inside = `bind 127.0.0.1\nhosts ${folder}/hosts {\nreload 20ms\nfallthrough\n}\nfile ${folder}/zone\n`;
  // Nobody is to be late on a machine that has other things to do.
  const patient = 'timeouts {\nread 1m\nwrite 1m\nidle 1m\n}';
  const corefile = `tls://test.:${port} {\ntls ${folder}/cert.pem ${folder}/key.pem\n${patient}\n${more}\n${inside}}\n`
    + `test.:${plain} {\n${patient}\nddr dns.test\n${inside}}\ntls://test.:${clear} {\n${patient}\n${inside}}\n`;
  const server = new Spawned(corefile);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const clientOf = (socket: net.Socket): Client => {
    t.after(() => socket.destroy());
    return new Client(socket);
  };
  /** A session begins with what its client is told of signs of life, where it asks. */
  const client = async (begins = true): Promise<Client> => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['dot'] });
    const one = clientOf(socket);
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    if (begins) {
      one.send(dso(0xfff0, tlv(KEEPALIVE, Buffer.alloc(8))));
      assert.equal(await one.next(), '0 of 65520, keepalive 60000 300000');
    }
    return one;
  };
  return { server, write, client, port, plain, clear, inClear: (to: number) => clientOf(net.connect(to, '127.0.0.1')) };
}

test('octet by octet as the RFC has them: a subscription, its answer, and what is pushed', async (t) => {
  const { client, write } = await served(t);
  const one = await client();
  // The name has 10 octets, so that the value has 14: one that says less is malformed.
  one.send(Buffer.from('123430000000000000000000' + '0040000d' + '03776562047465737400' + '000100', 'hex'));
  assert.equal((await one.raw()).toString('hex'), '1234b0010000000000000000');
  one.send(Buffer.from('123530000000000000000000' + '0040000e' + '03776562047465737400' + '00010001', 'hex'));
  assert.equal((await one.raw()).toString('hex'), '1235b0000000000000000000');
  const pushed = async (hex: string): Promise<void> => assert.equal((await one.raw()).toString('hex'), `${PUSHED}${hex}`);
  await pushed('00410018' + '03776562047465737400' + '00010001' + '00000e10' + '0004' + 'c0000201');
  write('192.0.2.2 web.test\n192.0.2.1 web.test\n');
  assert.equal(await one.next(), 'web.test 1 1 3600 192.0.2.2');
  write('192.0.2.2 web.test\n');
  await pushed('00410018' + '03776562047465737400' + '00010001' + 'ffffffff' + '0004' + 'c0000201');
  write('');
  await pushed('00410014' + '03776562047465737400' + '00010001' + 'fffffffe' + '0000');
  write('192.0.2.3 web.test\n');
  assert.equal(await one.next(), 'web.test 1 1 3600 192.0.2.3');
});

test('names that are not there, aliases, all types, and what is not watched any more', async (t) => {
  const { client, write } = await served(t);
  const one = await client();
  one.subscribe(1, 'new.test', A);
  one.subscribe(2, 'alias.test', AAAA);
  one.subscribe(3, 'both.test', ANY, ANY);
  one.subscribe(4, 'other.test', A);
  const first = [await one.next(), await one.next(), await one.next(), await one.next()];
  const told: string[] = [];
  const has = async (text: string): Promise<void> => {
    while (!told.includes(text)) told.push(...(await one.next()).split(', '));
  };
  told.push(...first.flatMap((each) => each.split(', ')));
  for (const each of ['0 of 1', '0 of 2', '0 of 3', '0 of 4', 'alias.test 5 1 60 04626f7468047465737400', 'both.test 1 1 60 192.0.2.7',
    'both.test 16 1 60 036f6e65', 'other.test 1 1 3600 192.0.2.9']) {
    await has(each);
  }
  assert.ok(!told.some((each) => /^(new|both) .*gone/.test(each)));
  // Nothing was pushed of what is not there, nor of what an alias leads to.
  assert.deepEqual(told.filter((each) => each.startsWith('new.test') || (each.startsWith('alias.test') && !/ 5 1 /.test(each))), []);
  one.send(dso(0, tlv(UNSUBSCRIBE, u16(4))));
  // What is asked behind it is answered behind it.
  one.send(dso(5, tlv(KEEPALIVE, Buffer.alloc(8))));
  await has('0 of 5');
  write('192.0.2.5 new.test\n192.0.2.8 other.test\n');
  assert.equal(await one.next(), 'new.test 1 1 3600 192.0.2.5');
  write('192.0.2.6 new.test\n');
  assert.match(await one.next(), /new\.test 1 1 (all )?gone.*new\.test 1 1 3600 192\.0\.2\.6/);
  // Watched anew under another id.
  one.subscribe(6, 'OTHER.test', A);
  assert.equal(await one.next(), '0 of 6');
});

test('what a client may do wrong', async (t) => {
  const { client } = await served(t);
  const one = await client();
  one.send(dso(1, tlv(KEEPALIVE, Buffer.alloc(8))), dso(2, tlv(KEEPALIVE, Buffer.alloc(7))), dso(3, tlv(0xf801, Buffer.of(1))), dso(4),
    Buffer.concat([dso(5).fill(1, 5, 6), tlv(KEEPALIVE, Buffer.alloc(8))]), dso(6, Buffer.from('00400005', 'hex')),
    dso(7, tlv(SUBSCRIBE, Buffer.from('c00c00010001', 'hex'))), dso(8, tlv(SUBSCRIBE, question('web.test', 252))),
    dso(9, tlv(KEEPALIVE, Buffer.alloc(8)), tlv(PADDING, Buffer.alloc(9)), tlv(0xf802, Buffer.alloc(1))));
  const said: string[] = [];
  for (let i = 0; i < 9; i++) said.push(await one.next());
  assert.deepEqual(said, ['0 of 1, keepalive 60000 300000', '1 of 2', '11 of 3', '1 of 4', '1 of 5', '1 of 6', '1 of 7',
    '5 of 8, retry 300000', '0 of 9, keepalive 60000 300000']);
  const keepalive = dso(1, tlv(KEEPALIVE, Buffer.alloc(8)));
  const option = Buffer.from('000101000001000000000001' + '03776562047465737400' + '00010001' + '0000291000000000000004000b0000', 'hex');
  const fatal: readonly (readonly [string, readonly Buffer[]])[] = [
    ['nothing is told before something was asked', [dso(0, tlv(UNSUBSCRIBE, u16(1)))]],
    ['a response to nothing', [keepalive, Buffer.from(dso(9)).fill(0xb0, 2, 3)]],
    ['what is told and not understood', [keepalive, dso(0, tlv(0xf801, Buffer.of(1)))]],
    ['a sign of life without an id', [keepalive, dso(0, tlv(KEEPALIVE, Buffer.alloc(8)))]],
    ['the same again', [dso(1, tlv(SUBSCRIBE, question('web.test', A))), dso(2, tlv(SUBSCRIBE, question('WEB.test', A)))]],
    ['an id twice', [dso(1, tlv(SUBSCRIBE, question('web.test', A))), dso(1, tlv(SUBSCRIBE, question('other.test', A)))]],
    ['a doubt of all types', [keepalive, dso(0, tlv(RECONFIRM, question('web.test', ANY)))]],
    ['what a server says', [keepalive, dso(2, tlv(PUSH, Buffer.alloc(0)))]],
    ['the option of connections that have no session', [keepalive, option]],
  ];
  for (const [what, messages] of fatal) {
    const other = await client(false);
    other.send(...messages);
    await eventually(() => other.isClosed, what);
  }
  one.subscribe(20, 'web.test', A);
  assert.equal(await one.next(), '0 of 20');
});

test('never in the clear; who may not ask may not watch; so many on one connection', async (t) => {
  const { client, plain, clear, inClear, port } = await served(t, 'acl {\nblock type TXT net 127.0.0.0/8\nallow net *\n}');
  for (const to of [plain, clear]) {
    const one = inClear(to);
    one.send(dso(7, tlv(SUBSCRIBE, question('web.test', A))));
    const reply = await one.raw();
    assert.deepEqual([reply.readUInt16BE(0), reply[3]! & 15], [7, 4]);
  }
  const one = await client();
  one.subscribe(1, 'both.test', TXT);
  assert.equal(await one.next(), '5 of 1, retry 300000');
  one.subscribe(2, 'elsewhere.example', A);
  assert.equal(await one.next(), '5 of 2, retry 300000');
  for (let i = 0; i < 1001; i++) one.subscribe(100 + i, `n${i}.test`, A);
  for (let i = 0, said = ''; said !== '5 of 1100, retry 300000'; i++) {
    assert.ok(i < 1002);
    said = await one.next();
  }
  assert.deepEqual((await askOnce(plain, '_dns-push-tls._tcp.test', 'SRV')).answer,
    [`_dns-push-tls._tcp.test. 300 IN SRV 0 0 ${port} dns.test.`]);
  assert.equal((await askOnce(plain, '_dns-push-tls._tcp.test', 'A')).answer.length, 0);
});

test('a large set comes in messages that fit a record of TLS; questions and what is watched share a connection', async (t) => {
  const { client } = await served(t);
  const one = await client();
  one.subscribe(1, 'many.test', A);
  assert.equal(await one.next(), '0 of 1');
  const found = new Set<string>();
  const sizes: number[] = [];
  while (found.size < 1500) {
    const message = await one.raw();
    sizes.push(message.length);
    for (const each of shown(message).split(', ')) found.add(each);
  }
  assert.ok(sizes.length > 1 && sizes.every((size) => size <= 16_382), sizes.join());
  const query = Buffer.concat([Buffer.from('00020100000100000000000003776562047465737400', 'hex'), Buffer.from('00010001', 'hex')]);
  one.send(query);
  const reply = await one.raw();
  assert.deepEqual([reply.readUInt16BE(0), reply.readUInt16BE(6)], [2, 1]);
});

test('what is doubted is looked at again; the end of the server sends its clients away', async (t) => {
  const { client, server } = await served(t, 'log . "asked {name}"');
  const one = await client();
  one.subscribe(1, 'web.test', A);
  assert.equal(await one.next(), '0 of 1');
  assert.equal(await one.next(), 'web.test 1 1 3600 192.0.2.1');
  const asked = (): number => server.stdout.split('asked web.test.').length - 1;
  await eventually(() => asked() === 1, 'it was asked');
  one.send(dso(0, tlv(RECONFIRM, Buffer.concat([question('web.test', A), Buffer.from([192, 0, 2, 1])]))));
  await eventually(() => asked() === 2, 'it was asked again');
  server.signal('SIGTERM');
  assert.match(await one.next(), /^retry \d+$/);
  one.socket.end();
  await one.closed();
  await server.ended;
});
