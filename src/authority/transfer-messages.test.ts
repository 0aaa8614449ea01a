// The messages of a transfer: they hold what was given, each is small enough, and making them holds up nobody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { anyRecord } from '../dns/arbitraries.test.ts';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { edns } from '../dns/opt.ts';
import { AA, QR, RD, message } from '../dns/parts.ts';
import { parseRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { transferMessages } from './transfer-messages.ts';
import { isUpToDate, serialOf } from './transfer.ts';
import { Turns } from './turns.ts';
import { MOST } from './zone-records.ts';
import type { Envelope } from './zone-records.ts';

/** Counts pins that are held. */
let pinned = 0;
const store = {
  pin() {
    pinned++;
    let held = true;
    return {
      release: () => {
        if (held) pinned--;
        held = false;
      },
    };
  },
};
const shared = { store, turns: new Turns(() => performance.now()) };
const zone = Name.parse('Example.org');
const record = (text: string): RR => parseRR(text)!;
const soa = record('example.org. 60 IN SOA ns.example.org. h.example.org. 4294967295 2 3 4 5');

function envelope(withEdns: boolean): Envelope {
  const question = { name: zone, type: 252, class: 1 };
  const head = message({ id: 0x1234, flags: QR | AA | RD, question });
  const plain = encodeMessage(head, { compress: false });
  if (!withEdns) return { head: plain, tail: new Uint8Array(0) };
  const whole = encodeMessage({ ...head, edns: edns(1232) }, { compress: false });
  return { head: whole.subarray(0, plain.length), tail: whole.subarray(plain.length) };
}
async function all(messages: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const each of messages) list.push(each);
  return list;
}
const plainSize = (records: readonly RR[]) => records.reduce((sum, { name, rdata }) => sum + name.raw.length + 10 + rdata.length, 0);

test('any records come back as they were, in messages that are small enough', async () => {
  const ordinary = anyRecord.filter(({ type }) => type !== TYPE.OPT && type !== TYPE.TSIG);
  const large = fc.integer({ min: 1, max: 65_000 }).map((length) => ({
    name: Name.parse('big.example.org'), type: 65280, class: 1, ttl: 1, rdata: new Uint8Array(length).fill(length),
  }));
  const records = fc.array(fc.oneof({ weight: 3, arbitrary: ordinary }, { weight: 1, arbitrary: large }), { maxLength: 60 });
  await fc.assert(fc.asyncProperty(records, fc.boolean(), fc.boolean(), async (list, withEdns, later) => {
    const given = later ? (async function* () { yield* list; })() : list;
    const messages = await all(transferMessages(envelope(withEdns), { soa, records: given }, shared));
    const decoded = messages.map((each) => decodeMessage(each));
    assert.deepEqual(decoded.flatMap(({ answer }) => answer.map(shown)), [soa, ...list, soa].map(shown));
    for (const [i, { id, flags, rcode, question, answer, authority, additional, edns: opt }] of decoded.entries()) {
      assert.deepEqual([id, flags, rcode, question!.name.raw, question!.type], [0x1234, QR | AA | RD, 0, zone.raw, 252]);
      assert.equal(opt?.udpSize, withEdns ? 1232 : undefined);
      assert.equal(authority.length + additional.length, 0);
      assert.ok(answer.length > 0 && messages[i]!.length <= 65535);
      assert.ok(answer.length === 1 || plainSize(answer) <= MOST, `${plainSize(answer)} bytes of records`);
      const next = decoded[i + 1]?.answer[0];
      if (next !== undefined) assert.ok(plainSize([...answer, next]) > MOST, 'the next record would have fitted');
    }
  }), { numRuns: 60 });
});
const shown = ({ name, type, class: klass, ttl, rdata }: RR) => [name.raw, type, klass, ttl, Buffer.from(rdata).toString('hex')].join(' ');

/** That many addresses, and how many of them were asked for. */
function addresses(count: number): { readonly records: Iterable<RR>; taken: number; returned: boolean } {
  const state = { taken: 0, returned: false };
  function* records(): Iterable<RR> {
    try {
      for (let i = 0; i < count; i++) {
        state.taken++;
        assert.equal(pinned, 1);
        yield record(`h${i}.example.org. 60 IN A 192.0.2.1`);
      }
    } finally {
      state.returned = true;
    }
  }
  return Object.assign(state, { records: records() });
}

test('messages without a question, as zones are kept in, are whole each by itself', async () => {
  const list = Array.from({ length: 3000 }, (_, i) => record(`host${i}.example.org. 60 IN A 192.0.2.1`));
  const around = { head: Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0), tail: new Uint8Array(0) };
  const messages = await all(transferMessages(around, { soa, records: list }, shared));
  assert.ok(messages.length > 1);
  assert.deepEqual(messages.flatMap((each) => decodeMessage(each).answer.map(shown)), [soa, ...list, soa].map(shown));
});

test('names are shortened', async () => {
  const [first] = await all(transferMessages(envelope(false), { soa, records: addresses(100).records }, shared));
  assert.ok(first!.length < 100 * 22 + 100, `${first!.length} bytes`);
});
test('others get their turn between two messages', async () => {
  let turns = 0;
  let on = true;
  const count = (): void => {
    turns++;
    if (on) setImmediate(count);
  };
  setImmediate(count);
  const messages = await all(transferMessages(envelope(false), { soa, records: addresses(20_000).records }, shared));
  on = false;
  assert.ok(messages.length > 8);
  assert.ok(turns >= messages.length - 2, `${turns} turns for ${messages.length} messages`);
});
test('records are taken as messages are, and their iterator is returned when nobody wants more', async () => {
  const source = addresses(1_000_000);
  for await (const each of transferMessages(envelope(false), { soa, records: source.records }, shared)) {
    assert.equal(pinned, 0);
    assert.ok(each.length > 0);
    break;
  }
  assert.ok(source.taken < 2500, `${source.taken} were taken`);
  assert.ok(source.returned);
  assert.equal(pinned, 0);
});
test('what the records throw ends the messages; so does a record that fits nowhere', async () => {
  const broken = (function* (): Iterable<RR> {
    yield* addresses(5000).records;
    throw new Error('the zone is gone');
  })();
  let count = 0;
  await assert.rejects(async () => {
    for await (const each of transferMessages(envelope(false), { soa, records: broken }, shared)) count += each.length > 0 ? 1 : 0;
  }, /the zone is gone/);
  assert.ok(count > 0);
  const huge = { name: zone, type: 65280, class: 1, ttl: 1, rdata: new Uint8Array(65535) };
  await assert.rejects(all(transferMessages(envelope(false), { soa, records: [huge] }, shared)), RangeError);
  assert.equal(pinned, 0);
});

test('the serial of an SOA, and who is up to date', () => {
  assert.equal(serialOf(soa), 4294967295);
  assert.equal(serialOf({ ...soa, rdata: new Uint8Array(0) }), 0);
  const transfer = { soa, records: [] };
  assert.equal(isUpToDate(transfer, undefined), false);
  assert.equal(isUpToDate(transfer, 4294967294), false);
  // Newer by serial arithmetic (RFC 1982).
  assert.equal(isUpToDate(transfer, 7), true);
  assert.equal(isUpToDate(transfer, 4294967295), true);
  assert.equal(isUpToDate({ ...transfer, upToDate: false }, 4294967295), false);
  assert.equal(isUpToDate({ ...transfer, upToDate: true }, 7), true);
  assert.equal(isUpToDate({ ...transfer, upToDate: true }, undefined), false);
});
