// Anything as messages of DNS Stateful Operations on one connection: an answer, or its end, and never an answer to what has no id.
import assert from 'node:assert/strict';
import { isDso, pushMessages, readDso, writeDso } from '../../src/dns/dso.ts';
import { Name } from '../../src/dns/name.ts';
import { PEER_ROOM } from '../../src/kernel/query/arena.ts';
import { Metrics } from '../../src/kernel/seen/metrics.ts';
import { LATER } from '../../src/kernel/query/transport.ts';
import { Store } from '../../src/store/store.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { fc } from '../../src/testing/properties.ts';
import { DsoSession } from '../../src/transport/dso-session.ts';
import { target } from './target.ts';

const octets = fc.uint8Array({ maxLength: 40 });
const name = fc.constantFrom('0161047465737400', '00', '0141047465737400', 'c00c', '3f61', '').map((hex) => Buffer.from(hex, 'hex'));
const question = fc.tuple(name, fc.constantFrom('00010001', '00ff00ff', '00fc0001', '0001', ''))
  .map(([owner, rest]) => Uint8Array.from(Buffer.concat([owner, Buffer.from(rest, 'hex')])));
const value = fc.record({
  type: fc.oneof(fc.constantFrom(1, 2, 3, 0x40, 0x40, 0x41, 0x42, 0x43), fc.nat(0xffff)),
  data: fc.oneof(question, octets, fc.constant(new Uint8Array(8)), fc.constantFrom(Uint8Array.of(0, 1), Uint8Array.of(0, 2))),
});
const messages = fc.array(fc.oneof({
  weight: 8, arbitrary: fc.record({
    id: fc.nat(3), isResponse: fc.constantFrom(false, false, false, true), rcode: fc.constant(0), values: fc.array(value, { maxLength: 3 }),
  }).map(writeDso),
}, { weight: 1, arbitrary: octets }), { maxLength: 12 });

const clock = new FakeClock();
const { changes } = Store.create();
const metrics = new Metrics();

/** What a client says, with octets changed. */
export const stateful = target('stateful', 400, fc.tuple(messages, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 })),
  ([all, flips]) => {
    let isClosed = false, asked = 0;
    const said: Uint8Array[] = [];
    const watched = { changes, metrics, clock };
    const service = { watched, timeouts: { idle: 10_000 }, index: 1, begin() {}, end() {}, serve: () => LATER };
    const destroy = (): boolean => (isClosed = true);
    const connection = { transport: 'tls', stream: true, localAddress: '', localPort: 1, service, send() {}, destroy };
    const session = DsoSession.open(connection as never, new Int32Array(PEER_ROOM >> 2), (message) => said.push(message) > 0)!;
    for (const message of all) {
      for (const [at, byte] of flips) if (at < message.length) message[at] = byte;
      if (isClosed) break;
      if (isDso(message, 0, message.length) && readDso(message)?.id !== 0) asked++;
      session.take(message);
    }
    session.close();
    assert.ok(said.length <= asked);
    for (const each of said) {
      const read = readDso(each)!;
      assert.ok(read.isResponse && read.id !== 0);
      assert.deepEqual(Buffer.compare(writeDso(read), each), 0);
    }
  });

const record = fc.record({
  name: fc.constantFrom('a.test.', '.', `${'l'.repeat(63)}.test.`).map(Name.parse), type: fc.nat(0xffff), class: fc.nat(0xffff),
  ttl: fc.nat(0xffffffff), rdata: fc.oneof(octets, fc.nat(0xffff).map((length) => new Uint8Array(length))),
});
/** What is pushed is whole, in messages that fit a record of TLS but where one record does not. */
export const pushedRecords = target('pushed-records', 200, fc.array(record, { maxLength: 20 }), (records) => {
  const sizes = records.map(({ name: owner, rdata }) => owner.octets.length + 10 + rdata.length).filter((size) => size <= 0xffff - 16);
  const all = pushMessages(records);
  assert.equal(all.reduce((sum, message) => sum + message.length - 16, 0), sizes.reduce((sum, size) => sum + size, 0));
  for (const message of all) assert.ok(message.length <= 16_382 || sizes.includes(message.length - 16));
});
