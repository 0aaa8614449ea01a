// Any bytes to what reads messages of `Watch`: what is laid out is read as it was, in whatever pieces it comes, and nothing throws. Knows
// the codec and the reader of questions.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { MessageReader, readWatchRequest, readWatchResponse, watchRequest, watchResponse } from '../../src/http/watch-message.ts';
import type { WatchRequest, WatchResponse } from '../../src/http/watch-message.ts';
import { Name } from '../../src/dns/name.ts';
import { readWatched } from '../../src/push/question.ts';
import { requests } from './packet.ts';
import { target } from './target.ts';

const octets = fc.uint8Array({ maxLength: 300 });
const id = fc.oneof(fc.constant(0), fc.nat(200), fc.maxSafeNat());
const asked: fc.Arbitrary<WatchRequest> = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const), question: octets, token: fc.option(octets, { nil: undefined }), answers: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('cancel' as const), id }),
  fc.record({ kind: fc.constant('heartbeat' as const), seconds: fc.nat().map((n) => n + 1) }),
);
const said: fc.Arbitrary<WatchResponse> = fc.record({
  id, created: fc.constant(true), canceled: fc.constant(true), name: fc.string(), error: fc.string({ unit: 'binary' }), answer: octets,
  token: octets, initial: fc.constant(true), heartbeat: fc.constant(true),
}, { requiredKeys: ['id'] });

/** Octets where they are compared. */
const plain = (value: object): unknown => Object.fromEntries(Object.entries(value).flatMap(([key, part]) =>
  (part === undefined ? [] : [[key, part instanceof Uint8Array ? [...part] : part as unknown]])));

/** Requests and responses, cut anywhere, with octets changed. */
export const watches = target('watches', 600, fc.record({
  asked: fc.array(asked, { maxLength: 4 }), said: fc.array(said, { maxLength: 4 }), piece: fc.integer({ min: 1, max: 40 }),
  changes: fc.array(fc.tuple(fc.nat(999), fc.nat(255)), { maxLength: 4 }), packet: requests(Name.parse('a.test')),
}), ({ asked: requested, said: responses, piece, changes, packet }) => {
  const read = <T>(all: Buffer, take: (message: Buffer) => T): T[] => {
    const reader = new MessageReader();
    const found: T[] = [];
    for (let at = 0; at < all.length; at += piece) {
      const end = Math.min(all.length, at + piece);
      if (reader.feed(all, at, end, (message) => void found.push(take(Buffer.from(message)))) !== undefined) break;
    }
    return found;
  };
  const there = Buffer.concat(requested.map((request) => Uint8Array.from(watchRequest(request))));
  const back = Buffer.concat(responses.map((response) => Uint8Array.from(watchResponse(response))));
  assert.deepEqual(read(there, readWatchRequest).map((one) => plain(one!)), requested.map(plain));
  assert.deepEqual(read(back, readWatchResponse).map((one) => plain(one!)), responses.map(plain));
  for (const bytes of [there, back]) {
    if (bytes.length === 0) continue;
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    read(bytes, readWatchRequest);
    read(bytes, readWatchResponse);
  }
  const question = readWatched(packet);
  if (typeof question === 'string') return;
  const again = readWatched(question.packet);
  assert.ok(typeof again !== 'string' && again.key === question.key && again.type === question.type);
});
