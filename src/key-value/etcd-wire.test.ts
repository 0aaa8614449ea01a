// etcd's encoding of messages, and the replies of a watch.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageWriter, WireFault, eachField, prefixEnd, readPair, readWatchReply } from './etcd-wire.ts';

test('messages of etcd: what is written is read, ids of 64 bits whole; what is cut is refused', () => {
  const id = 2n ** 63n + 5n;
  const message = new MessageWriter().bytes(1, 'key').number(2, 7).number(3, 300).bytes(5, Buffer.of(0, 255)).number(6, id).done();
  assert.deepEqual(readPair(message), { key: 'key', value: Buffer.of(0, 255), revision: 300n, lease: id });
  for (let length = 1; length < message.length; length++) {
    try {
      readPair(message.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof WireFault);
    }
  }
  assert.throws(() => eachField(Buffer.alloc(12, 0xff), () => {}), WireFault);
  assert.throws(() => eachField(Buffer.of(0x0a, 5, 1), () => {}), WireFault);
  assert.equal(prefixEnd('/skydns/'), '/skydns0');
});

test('a reply of a watch: keys that are there and gone, and no event where none is said', () => {
  const pair = (key: string): MessageWriter => new MessageWriter().bytes(1, key).number(3, 9).bytes(5, 'v');
  const message = new MessageWriter().bytes(1, new MessageWriter().number(1, 4).number(3, 9)).number(7, true)
    .bytes(11, new MessageWriter().bytes(2, pair('a'))).bytes(11, new MessageWriter().number(1, 1).bytes(2, pair('b')))
    .bytes(11, new MessageWriter().number(1, 1)).done();
  const { header, created, goesOn, events } = readWatchReply(message);
  assert.deepEqual({ header, created, goesOn }, { header: { cluster: 4n, revision: 9n }, created: false, goesOn: true });
  assert.deepEqual(events, [
    { key: 'a', revision: 9n, pair: { key: 'a', value: Buffer.from('v'), revision: 9n, lease: 0n } },
    { key: 'b', revision: 9n, pair: undefined },
  ]);
});
