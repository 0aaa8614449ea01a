// What can be watched. Knows one message of DNS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { HEADER } from '../dns/packet.ts';
import { RD, message } from '../dns/parts.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { readWatched } from './question.ts';
import type { WatchedQuestion } from './question.ts';

const asked = (name: string): WatchedQuestion => readWatched(encodeMessage(message({
  flags: RD, question: { name: Name.parse(name), type: TYPE.A, class: CLASS.IN },
}), { compress: false })) as WatchedQuestion;

test('a question is read strictly, and who asks the same asks the same', () => {
  const plain = asked('www.test.').packet;
  assert.equal(asked('WWW.test.').key, asked('www.test.').key);
  const with_ = (at: number, byte: number): unknown => readWatched(Uint8Array.from(plain, (old, i) => (i === at ? byte : old)));
  for (const [at, byte, why] of [
    [2, 0x80, 'the message is no query'], [2, 0x28, 'the message is no query'],
    [5, 2, 'the message has other records than one question and an OPT'],
    [HEADER, 0xc0, 'the name of the question is malformed'], [HEADER, 40, 'the name of the question is malformed'],
    [plain.length - 3, 252, 'a question of this type cannot be watched'],
  ] as const) assert.equal(with_(at, byte), why);
  for (let length = 0; length < plain.length; length++) assert.equal(typeof readWatched(plain.subarray(0, length)), 'string');
  const opt = [0, 0, 41, 4, 0, 0, 0, 0x80, 0, 0, 8, 0, 10, 0, 4, 1, 2, 3, 4];
  const bearing = (...end: number[]): Uint8Array => Uint8Array.from([...plain, ...end].map((old, i) => (i === 11 ? 1 : old)));
  const read = readWatched(bearing(...opt)) as WatchedQuestion;
  assert.deepEqual([...read.packet.subarray(plain.length)], [0, 0, 41, 255, 255, 0, 0, 0x80, 0, 0, 0]);
  for (let length = 1; length < opt.length; length++) assert.equal(typeof readWatched(bearing(...opt.slice(0, length))), 'string');
});
