// Any bytes in place of the messages of a transfer. Knows what must hold: what is wrong is said in a sentence, and what is told is made of
// names and data that fit.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { Incoming, TransferError } from '../../src/authority/incoming/incoming.ts';
import { Patch } from '../../src/authority/incoming/patch.ts';
import { anyRecord } from '../../src/dns/arbitraries.test.ts';
import { encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { QR, message } from '../../src/dns/parts.ts';
import { parseRR } from '../../src/dns/rr.ts';
import type { RR } from '../../src/dns/rr.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { WireError } from '../../src/dns/wire.ts';
import { target } from './target.ts';

const zone = Name.parse('a.test');
const question = { name: zone, type: TYPE.IXFR, class: CLASS.IN };
const soa = (serial: number) => parseRR(`a.test. 60 IN SOA ns.a.test. h.a.test. ${serial} 2 3 4 5`)!;
const record = fc.oneof({ weight: 3, arbitrary: anyRecord }, { weight: 2, arbitrary: fc.constantFrom(1, 2, 3).map(soa) });
const encoded = (answer: readonly RR[]) => encodeMessage(message({ id: 7, flags: QR, question, answer }), { compress: true });
const packet = fc.array(record, { maxLength: 6 }).map(encoded);
const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 });
const damaged = fc.tuple(packet, changes, fc.nat(6)).map(([bytes, some, cut]) => {
  const copy = bytes.slice(0, Math.max(0, bytes.length - cut));
  for (const [at, value] of some) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
});
const begins = fc.constantFrom([soa(3), soa(1)], [soa(3)], [soa(1)]).map(encoded);
const messages = fc.tuple(begins, fc.array(fc.oneof(packet, damaged), { maxLength: 4 })).map(([first, rest]) => [first, ...rest]);

/** What a primary may send. */
export const transfers = target('transfers', 400, messages, (all) => {
  let told = 0;
  const patch = new Patch();
  const incoming = new Incoming({
    zone, type: TYPE.IXFR, id: 7, serial: 1, check: undefined, now: () => 0, mostRecords: 100, mostBytes: 1e5,
  }, {
    begin() {},
    record(kind, owner, length, type, ttl, data, size) {
      told++;
      assert.equal(Name.read(owner, 0, length).raw.length, length);
      assert.ok(size <= data.length && ttl <= 0x7fffffff);
      if (kind === 'removed') patch.remove(owner, length, type, data, size);
      else patch.add(owner, length, type, ttl, data, size);
    },
  });
  try {
    for (const bytes of all) if (incoming.take(bytes)) break;
  } catch (error) {
    assert.ok(error instanceof TransferError || error instanceof WireError, String(error));
  }
  assert.ok(told <= incoming.records);
});
