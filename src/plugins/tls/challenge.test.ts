// The record that proves a name (TLS-2), as whoever asks sees it: in every block with a zone of the name, past caches, signed where the
// zone is, and gone when it is over.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { AA, RD, message } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { printRR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { VerifyingKey } from '../../dnssec/verification.ts';
import { scene, until } from '../../testing/acme-scene.ts';
import type { Scene } from '../../testing/acme-scene.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { overUdp } from '../../testing/udp-question.ts';
import { standard } from '../index.ts';

const ZONE = '$ORIGIN a.test.\n@ 60 IN SOA ns h 1 60 60 600000 60\n@ 60 IN NS ns\nns 60 IN A 127.0.0.1\n';

/** Asks for this with DO. */
async function ask(port: number, name: string, type: number): Promise<Parts> {
  const question = { name: Name.parse(name), type, class: CLASS.IN };
  const edns = { udpSize: 4096, extendedRcode: 0, version: 0, dnssecOk: true, flags: 0x8000, options: [] };
  const packet = encodeMessage(message({ id: 7, flags: RD, question, edns: edns as never }), { compress: true });
  return decodeMessage(await overUdp(port, packet));
}
const texts = ({ answer }: Parts, type: number): string[] => answer.filter((each) => each.type === type).map((each) => printRR(each));

/** A server whose zone is told by these lines; an order of `b.a.test` begins when the ACME server is well. */
async function ordering(t: TestContext, all: Scene, zone: (folder: string) => string) {
  const { acme, folder, clock } = all;
  const [port, other] = [await freePort(), await freePort()];
  acme.dns = port;
  acme.script = ({ what }) => (what === 'dir' ? { status: 503 } : undefined);
  writeFileSync(join(folder, 'db'), ZONE);
  const order = `tls {\nacme b.a.test *.b.a.test\nca ${acme.url}/dir\nstorage ${folder}/acme\n}`;
  const own = `a.test:${port} {\nbind 127.0.0.1\ncache\n${zone(folder)}\nfile ${folder}/db\n}\n`;
  const server = await serve(`${own}c.test:${other} {\nbind 127.0.0.1\n${order}\nwhoami\n}`, standard, clock);
  t.after(() => server.close());
  return {
    server, port, other,
    well: async (word: string) => {
      acme.script = ({ what }) => (what === word ? 'hang' : undefined);
      await until(() => acme.count(word) > 0, acme, clock, server.log);
    },
  };
}

test('it is answered past a cache, by blocks with the zone alone, and gone when the order is over', async (t) => {
  const all = await scene(t);
  const { acme, clock } = all;
  const { server, port, other, well } = await ordering(t, all, () => '');
  const name = '_acme-challenge.B.a.test.';
  assert.equal((await ask(port, name, TYPE.TXT)).rcode, 3);
  await well('challenge');
  const reply = await ask(port, name, TYPE.TXT);
  assert.deepEqual([reply.rcode, reply.flags & AA, reply.authority.length], [0, AA, 0]);
  assert.equal(texts(reply, TYPE.TXT).length, 2);
  for (const line of texts(reply, TYPE.TXT)) assert.match(line, /^_acme-challenge\.B\.a\.test\.\t0\tIN\tTXT\t"[\w-]{43}"$/);
  assert.equal((await ask(port, '_acme-challenge.a.test.', TYPE.TXT)).rcode, 3);
  assert.equal((await ask(port, name, TYPE.A)).rcode, 3);
  assert.equal((await ask(other, name, TYPE.TXT)).rcode, 5);
  acme.script = () => undefined;
  await until(() => /is served with from now on/.test(server.log()), acme, clock, server.log);
  assert.equal((await ask(port, name, TYPE.TXT)).rcode, 3);
});

for (const [how, lines] of [
  ['as a whole', (folder: string) => `dnssec {\nauto\nkeys ${folder}/keys\n}`],
  ['on its way', (folder: string) => `dnssec {\nkey auto ${folder}/keys\n}`],
] as const) {
  test(`where the zone is signed ${how}, so is the proof`, async (t) => {
    const all = await scene(t);
    const { port, well } = await ordering(t, all, lines);
    await well('challenge');
    const name = '_acme-challenge.b.a.test.';
    const { answer } = await ask(port, name, TYPE.TXT);
    const keys = (await ask(port, 'a.test.', TYPE.DNSKEY)).answer.filter(({ type }) => type === TYPE.DNSKEY);
    const data = answer.filter(({ type }) => type === TYPE.TXT).map(({ rdata }) => rdata);
    const signature = answer.find(({ type }) => type === TYPE.RRSIG);
    assert.equal(data.length, 2);
    assert.ok(signature !== undefined && keys.length > 0, 'it has no signature');
    const set = { owner: Name.parse(name).octets, type: TYPE.TXT, class: CLASS.IN, ttl: 0, data };
    const now = Math.floor(all.clock.wall() / 1000);
    assert.deepEqual(keys.map(({ rdata }) => new VerifyingKey(rdata).verify(set, signature.rdata, now)), ['valid']);
  });
}
