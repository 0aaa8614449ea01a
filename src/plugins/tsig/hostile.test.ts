// What somebody may send who has a signed message and not the key, and what a careless client may send.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { findTsig, readTsig } from '../../tsig/record.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { sent } from '../../testing/signed.ts';
import { standard } from '../index.ts';

const SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const COREFILE = `. {\ntsig {\nsecret one ${SECRET}\nrequire all\n}\nwhoami\n}`;

/** A server, a rightly signed question, and what a packet gets: the rcode, with the error of its TSIG record where there is one. */
async function hostile() {
  const server = new InProcess(standard);
  assert.equal(await server.start(COREFILE), undefined);
  const { packet: plain } = parseAsk('a.test A');
  const { packet } = sent(plain, { text: `one:${SECRET}`, skew: 0, badMac: false }, server.clock.wall());
  const ask = async (bytes: Uint8Array): Promise<string> => {
    const [reply] = await server.exchange({ packet: bytes, tcp: true, from: undefined, at: undefined, waiting: 0 });
    const from = findTsig(reply!, 0, reply!.length);
    const record = from < 0 ? undefined : readTsig(reply!, 0, reply!.length, from);
    const { rcode } = decodeMessage(reply!);
    return record === undefined ? rcodeName(rcode) : `${rcodeName(rcode)} ${record.error} ${record.mac.length}`;
  };
  return { server, plain, packet, record: packet.subarray(plain.length), ask };
}
const counted = (bytes: Uint8Array, ...counts: readonly [answers: number, authorities: number, additionals: number]): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  counts.forEach((count, i) => (copy[7 + 2 * i] = count));
  return copy;
};
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

test('the place of the record', async (t) => {
  const { server, plain, packet, record, ask } = await hostile();
  t.after(() => server.close());
  const opt = Uint8Array.of(0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0);
  assert.equal(await ask(packet), 'NOERROR 0 32');
  assert.equal(await ask(counted(join(plain, record, record), 0, 0, 2)), 'FORMERR');
  assert.equal(await ask(counted(join(plain, record, opt), 0, 0, 2)), 'FORMERR');
  assert.equal(await ask(counted(join(plain, record), 1, 0, 0)), 'FORMERR');
  assert.equal(await ask(counted(join(plain, record), 0, 1, 0)), 'FORMERR');
  // An OPT that was put in between is no part of what was signed.
  assert.equal(await ask(counted(join(plain, opt, record), 0, 0, 2)), 'NOTAUTH 16 0');
});

test('the lengths of the record, its class and its TTL', async (t) => {
  const { server, plain, packet, record, ask } = await hostile();
  t.after(() => server.close());
  const changed = (at: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(packet);
    copy[plain.length + at] = value;
    return copy;
  };
  // one. (5), type, class, TTL, length (10), hmac-sha256. (13), time and fudge (8): the length of the MAC stands at 36.
  assert.equal(record[37], 32);
  for (const size of [0, 31, 33, 255]) assert.equal(await ask(changed(37, size)), 'FORMERR', `a MAC of ${size}`);
  assert.equal(await ask(changed(14, record[14]! - 1)), 'FORMERR');
  assert.equal(await ask(changed(8, 1)), 'NOTAUTH 16 0');
  assert.equal(await ask(changed(12, 1)), 'NOTAUTH 16 0');
  for (let cut = 1; cut < record.length; cut++) {
    const said = await ask(packet.subarray(0, packet.length - cut));
    assert.ok(said === 'FORMERR', `${cut} octets less: ${said}`);
  }
});

test('a message that comes again within the fudge is answered again, and afterwards not', async (t) => {
  const { server, packet, ask } = await hostile();
  t.after(() => server.close());
  assert.equal(await ask(packet), 'NOERROR 0 32');
  assert.equal(await ask(packet), 'NOERROR 0 32');
  await server.elapse(301_000);
  assert.equal(await ask(packet), 'NOTAUTH 18 32');
});
