// Signatures of single messages and of streams: true ones, and those that somebody changed.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { u16 } from '../dns/packet.ts';
import { USUAL, readBinding } from './algorithm.ts';
import { keyOf } from './key.ts';
import { findTsig, readTsig } from './record.ts';
import { ReplyCheck, Signer, check } from './signature.ts';

const NOW = 1_700_000_000;
const secret = new TextEncoder().encode('sixteen octets..');
const key = keyOf(Name.parse('key.test'), secret, USUAL);
/** A message with an id and one question. */
const message = (id: number): Uint8Array => Uint8Array.of(id >> 8, id, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1);
function signed(signer: Signer, bytes: Uint8Array, time = NOW): Uint8Array {
  const whole = new Uint8Array(bytes.length + signer.room());
  whole.set(bytes);
  return whole.subarray(0, signer.sign(whole, 0, bytes.length, time));
}
const verdict = (bytes: Uint8Array, now = NOW) => {
  const from = findTsig(bytes, 0, bytes.length);
  return check(bytes, 0, from, readTsig(bytes, 0, bytes.length, from)!, key, now).error;
};

test('a MAC is that of RFC 8945 section 4.3, written out', () => {
  const bytes = signed(new Signer({ key, binding: USUAL }), message(7));
  const record = readTsig(bytes, 0, bytes.length, findTsig(bytes, 0, bytes.length))!;
  const variables = [...key.wire, 0, 255, 0, 0, 0, 0, ...USUAL.algorithm.wire, 0, 0, 0x65, 0x53, 0xf1, 0, 1, 44, 0, 0, 0, 0];
  const expected = createHmac('sha256', secret).update(message(7)).update(Uint8Array.from(variables)).digest();
  assert.deepEqual(Buffer.from(record.mac), expected);
  assert.equal(verdict(bytes), 0);
});

test('each octet of a signed message counts, but for the id on the wire', () => {
  const bytes = signed(new Signer({ key, binding: USUAL }), message(7));
  const from = findTsig(bytes, 0, bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    changed[at]! ^= 1;
    const found = findTsig(changed, 0, changed.length);
    if (at < 2) assert.equal(verdict(changed), 0, 'a forwarder may change the id');
    // What is no TSIG record any more, or another key's, is not looked at here.
    else if (found === from && readTsig(changed, 0, changed.length, from) !== undefined) {
      assert.notEqual(verdict(changed), 0, `octet ${at}`);
    }
  }
});

test('times outside of the fudge, MACs that are too short or too long, a key that is bound', () => {
  const bytes = signed(new Signer({ key, binding: USUAL }), message(7));
  assert.deepEqual([300, 301, -300, -301].map((by) => verdict(bytes, NOW + by)), [0, 18, 0, 18]);
  const cut = (size: number) => verdict(signed(new Signer({ key, binding: { ...USUAL, size } }), message(7)));
  assert.deepEqual([32, 16, 15, 10, 1].map(cut), [0, 0, 1, 1, 1]);
  const bound = keyOf(key.name, secret, USUAL, readBinding('hmac-sha256-192'));
  const short = signed(new Signer({ key, binding: { ...USUAL, size: 16 } }), message(7));
  const from = findTsig(short, 0, short.length);
  assert.equal(check(short, 0, from, readTsig(short, 0, short.length, from)!, bound, NOW).error, 22);
  assert.deepEqual(['hmac-md5', 'hmac-sha256-120', 'hmac-sha1-72', 'sha256', 'hmac-sha256-512'].map(readBinding), Array(5).fill(undefined));
  assert.equal(readBinding('HMAC-SHA512.')?.size, 64);
});

/** Replies to one request, the first and each `every`th of them signed. */
function stream(count: number, every: number): Uint8Array[] {
  const signer = new Signer({ key, binding: USUAL, request: Uint8Array.of(1, 2, 3) });
  const hmacs: Uint8Array[] = [];
  for (let n = 0; n < count; n++) hmacs.push(n % every === 0 || every === 1 ? signed(signer, message(n)) : message(n));
  return hmacs;
}
const taken = (messages: readonly Uint8Array[], now = NOW) => {
  const replies = new ReplyCheck(key, USUAL.algorithm, Uint8Array.of(1, 2, 3));
  for (const [n, bytes] of messages.entries()) {
    const wrong = replies.take(bytes, 0, bytes.length, now);
    if (wrong !== undefined) return `${n}: ${wrong}`;
  }
  return replies.settled ? 'whole' : 'the last is not signed';
};

test('a stream in which each message is signed; one that is lost, repeated, exchanged or of another stream breaks it', () => {
  const messages = stream(5, 1);
  assert.equal(taken(messages), 'whole');
  assert.equal(taken(messages.toSpliced(2, 1)), '2: the signature is wrong');
  assert.equal(taken(messages.toSpliced(2, 0, messages[1]!)), '2: the signature is wrong');
  assert.equal(taken([messages[0]!, messages[2]!, messages[1]!]), '1: the signature is wrong');
  assert.equal(taken(messages.slice(1)), '0: the signature is wrong');
  assert.equal(taken([message(1), ...messages]), '0: the reply is not signed');
  assert.equal(taken([messages[0]!, message(9)]), 'the last is not signed');
  assert.equal(taken(messages, NOW + 301), '0: the time of the signature is off');
});

/** A stream in which 98, 99 or 100 messages stand unsigned between two signed ones. */
function sparse(between: number): Uint8Array[] {
  const first = new Signer({ key, binding: USUAL, request: Uint8Array.of(1, 2, 3) });
  const begin = signed(first, message(0));
  const unsigned = Array.from({ length: between }, (_, n) => message(n + 1));
  const last = message(between + 1);
  const length = Uint8Array.of(0, 32);
  const timers = Uint8Array.of(0, 0, 0x65, 0x53, 0xf1, 0, 1, 44);
  const mac = createHmac('sha256', secret).update(length).update(first.mac);
  for (const each of unsigned) mac.update(each);
  const digest = mac.update(last).update(timers).digest();
  const whole = signed(new Signer({ key, binding: USUAL }), last);
  whole.set(digest, whole.length - 6 - 32);
  return [begin, ...unsigned, whole];
}

test('up to 99 messages between two signed ones need no signature', () => {
  assert.equal(taken(sparse(1)), 'whole');
  assert.equal(taken(sparse(99)), 'whole');
  assert.equal(taken(sparse(100)), '100: more than 99 messages are not signed');
  const changed = sparse(3);
  changed[2]![13] = 98;
  assert.equal(taken(changed), '4: the signature is wrong');
});

test('a TSIG record is found where it is the last, and nowhere else', () => {
  const bytes = signed(new Signer({ key, binding: USUAL }), message(7));
  const record = bytes.subarray(message(7).length);
  const with_ = (at: number, ...counts: readonly [number, number, number]) => {
    const copy = Uint8Array.from([...bytes, ...(at === 2 ? record : [])]);
    copy[7] = counts[0];
    copy[9] = counts[1];
    copy[11] = counts[2];
    return findTsig(copy, 0, copy.length);
  };
  assert.equal(findTsig(bytes, 0, bytes.length), message(7).length);
  assert.equal(findTsig(message(7), 0, message(7).length), -1);
  assert.equal(with_(2, 0, 0, 2), -2);
  assert.equal(with_(1, 1, 0, 0), -2);
  assert.equal(with_(1, 0, 1, 0), -2);
  assert.equal(findTsig(bytes, 0, bytes.length - 1), -2);
  assert.equal(u16(bytes, 10), 1);
});
