// What questions have on for an upstream: padding, cookies, and what becomes of replies with them, without, or with those of somebody else.
// No network and no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTION } from '../dns/edns-options.ts';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { message } from '../dns/parts.ts';
import type { Parts } from '../dns/parts.ts';
import type { FakeSocket } from '../testing/fake-datagrams.ts';
import { Cookies } from './cookies.ts';
import { Dressing } from './dressing.ts';
import type { Question } from './question.ts';
import { RandomIds } from './random-ids.ts';
import { Recorded, setUp } from './udp-rig.test.ts';

const { COOKIE, PADDING, NSID } = OPTION;
const option = (code: number, ...data: readonly number[]) => ({ code, data: Uint8Array.from(data) });
const edns = (...options: readonly { code: number; data: Uint8Array }[]) =>
  ({ udpSize: 1232, version: 0, dnssecOk: true, z: 0, extendedRcode: 0, options });

/** A request as it lies in memory. */
function asked(parts: Partial<Parts>): Question {
  const question = { name: Name.parse('www.example.org'), type: 1, class: 1 };
  const packet = encodeMessage(message({ id: 7, flags: 0x100, question, ...parts }), { compress: false });
  const words = new Int32Array((packet.length + 67) >> 2);
  const bytes = new Uint8Array(words.buffer);
  bytes.set(packet);
  const questionEnd = 12 + 17 + 4;
  return { bytes, words, at: 0, length: packet.length, questionEnd, optAt: parts.edns === undefined ? 0 : questionEnd };
}
const shown = ({ bytes, length }: Question) => decodeMessage(bytes, 0, length).edns!;
const codes = (parts: Parts['edns']) => parts?.options.map(({ code, data }) => `${code}:${data.length}`);

test('questions are padded to 128 octets, whether the client sent EDNS or not, and the client\'s own padding goes', () => {
  const dressing = new Dressing(true, undefined);
  for (const each of [asked({}), asked({ edns: edns(option(NSID)) }), asked({ edns: edns(option(PADDING, ...new Array(200).fill(0))) })]) {
    const dressed = dressing.dress(each);
    assert.equal(dressed.length, 128);
    assert.equal(codes(shown(dressed))!.at(-1)!.split(':')[0], String(PADDING));
    assert.equal(dressing.dress(dressed).length, 128);
  }
  assert.deepEqual(codes(shown(dressing.dress(asked({ edns: edns(option(NSID)) }))))![0], '3:0');
  assert.equal(shown(dressing.dress(asked({ edns: edns() }))).udpSize, 1232);
  assert.equal(shown(dressing.dress(asked({ edns: edns() }))).dnssecOk, true);
  assert.equal(dressing.dress(asked({ edns: edns(option(65001, ...new Array(100).fill(1))) })).length, 256);
});

test('a question with records of its own, a signed one, stays as it is', () => {
  const signed = asked({ edns: edns() });
  signed.bytes[11] = 2;
  assert.equal(new Dressing(true, undefined).dress(signed), signed);
});

test('what was put on is taken off the reply, and nothing else', () => {
  const dressing = new Dressing(true, undefined);
  const reply = encodeMessage(message({
    id: 7, flags: 0x8180, question: { name: Name.parse('www.example.org'), type: 1, class: 1 },
    edns: edns(option(NSID, 1, 2), option(PADDING, ...new Array(300).fill(0)), option(COOKIE, 1, 2, 3, 4, 5, 6, 7, 8)),
  }), { compress: false });
  const bare = dressing.undress(reply, 0, reply.length, 33)!;
  assert.deepEqual(codes(decodeMessage(bare).edns), ['3:2', '10:8']);
  assert.equal(dressing.undress(bare, 0, bare.length, 33), undefined);
  assert.equal(dressing.undress(reply.subarray(0, 33), 0, 33, 33), undefined);
});

/** A pool whose questions carry cookies. */
function withCookies() {
  const set = setUp();
  const dressing = new Dressing(false, new Cookies(new RandomIds()));
  const ask = () => {
    const asking = new Recorded('www.example.org');
    asking.dressing = dressing;
    asking.question = dressing.dress(asking.question);
    assert.equal(set.pool.ask(asking), undefined);
    return { asking, ...set.datagrams.sent()[0]! };
  };
  return { ...set, ask };
}
const sentCookie = (packet: Uint8Array) => decodeMessage(packet).edns!.options.find(({ code }) => code === COOKIE)!.data;
function respond({ socket, packet }: { socket: FakeSocket; packet: Uint8Array }, cookie: Uint8Array | undefined, rcode = 0): void {
  const { id, question } = decodeMessage(packet);
  socket.deliver(encodeMessage(message({
    id, flags: 0x8180, question, rcode, edns: edns(...(cookie === undefined ? [] : [{ code: COOKIE, data: cookie }])),
  }), { compress: false }));
}
const both = (ours: Uint8Array, theirs: number) => Uint8Array.from([...ours.subarray(0, 8), ...new Array(16).fill(theirs)]);

test('the half that an upstream gives comes back with the next question', () => {
  const { ask } = withCookies();
  const first = ask();
  const ours = sentCookie(first.packet);
  assert.equal(ours.length, 8);
  respond(first, both(ours, 1));
  assert.equal(first.asking.log.length, 1);
  const second = ask();
  assert.deepEqual(sentCookie(second.packet), both(ours, 1));
});

test('a reply with another cookie than ours is passed over; one without, from who gave some before, is asked for over TCP', () => {
  const { ask, counts, overTcp } = withCookies();
  const first = ask();
  const ours = sentCookie(first.packet);
  respond(first, both(new Uint8Array(8), 9));
  assert.deepEqual([first.asking.log.length, counts.stray], [0, 1]);
  respond(first, both(ours, 1));
  assert.equal(first.asking.log.length, 1);
  for (let i = 0; i < 3; i++) {
    const next = ask();
    respond(next, undefined);
    assert.equal(next.asking.log.length, 0);
    assert.equal(overTcp.length, i + 1);
  }
  // Somebody else answers there now, who knows no cookies.
  const last = ask();
  respond(last, undefined);
  assert.equal(last.asking.log.length, 1);
});

test('BADCOOKIE: asked once more with the new cookie, then over TCP', () => {
  const { ask, overTcp, datagrams } = withCookies();
  const first = ask();
  const ours = sentCookie(first.packet);
  respond(first, both(ours, 1), 23);
  assert.equal(first.asking.log.length, 0);
  const again = datagrams.sent()[0]!;
  assert.deepEqual(sentCookie(again.packet), both(ours, 1));
  respond(again, both(ours, 2), 23);
  assert.deepEqual([first.asking.log.length, overTcp.length], [0, 1]);
  assert.deepEqual(sentCookie(overTcp[0]!.question.bytes.slice(0, overTcp[0]!.question.length)), both(ours, 2));
});
